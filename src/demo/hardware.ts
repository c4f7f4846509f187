import { find, elementsOf, textOf, type XmlNode } from './xmlTree.ts';

export interface DemoDisk {
  /** Target device, such as `vda`. */
  readonly target: string;
  readonly bus: string;
  readonly device: 'disk' | 'cdrom';
  /** A file; undefined for a drive without a medium. */
  readonly path: string | undefined;
  readonly format: string;
  readonly capacityBytes: number;
}

export interface DemoInterface {
  readonly mac: string;
  readonly network: string;
  readonly model: string;
}

/** What a VM is made of, as far as figures depend on it. */
export interface Hardware {
  readonly maxMemoryKiB: number;
  readonly memoryKiB: number;
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly disks: readonly DemoDisk[];
  readonly interfaces: readonly DemoInterface[];
  /** There is a channel for a guest agent. */
  readonly hasAgent: boolean;
  /** The guest tells of its memory. */
  readonly tellsMemory: boolean;
}

const gib = 1_073_741_824;

/** Reads from a definition what figures depend on. */
export function hardwareOf(definition: XmlNode): Hardware {
  const devices = find(definition, 'devices');
  const maxMemoryKiB = memoryKiB(find(definition, 'memory')) ?? 1_048_576;
  const vcpu = find(definition, 'vcpu');
  const maxVcpus = positive(textOf(vcpu)) ?? 1;
  return {
    maxMemoryKiB,
    memoryKiB: memoryKiB(find(definition, 'currentMemory')) ?? maxMemoryKiB,
    maxVcpus,
    vcpus: positive(vcpu?.attributes['current']) ?? maxVcpus,
    disks: elementsOf(devices, 'disk').map(diskOf),
    interfaces: elementsOf(devices, 'interface').map((each) => ({
      mac: find(each, 'mac')?.attributes['address'] ?? '52:54:00:00:00:00',
      network: find(each, 'source')?.attributes['network'] ?? '',
      model: find(each, 'model')?.attributes['type'] ?? 'virtio',
    })),
    hasAgent: elementsOf(devices, 'channel').some(
      (each) => find(each, 'target')?.attributes['name'] === 'org.qemu.guest_agent.0',
    ),
    tellsMemory: find(devices, 'memballoon', 'stats') !== undefined,
  };
}

function diskOf(disk: XmlNode): DemoDisk {
  const source = find(disk, 'source');
  const target = find(disk, 'target');
  const path = source?.attributes['file'] ?? source?.attributes['dev'];
  return {
    target: target?.attributes['dev'] ?? 'vda',
    bus: target?.attributes['bus'] ?? 'virtio',
    device: disk.attributes['device'] === 'cdrom' ? 'cdrom' : 'disk',
    path,
    format: find(disk, 'driver')?.attributes['type'] ?? 'raw',
    capacityBytes: path === undefined ? 0 : 20 * gib,
  };
}

const unitBytes: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  kb: 1_000,
  k: 1_024,
  kib: 1_024,
  mb: 1_000_000,
  m: 1_048_576,
  mib: 1_048_576,
  gb: 1_000_000_000,
  g: gib,
  gib,
  tb: 1_000_000_000_000,
  t: 1_024 * gib,
  tib: 1_024 * gib,
};

/** A memory element's size in KiB; undefined if it is missing or no number. */
export function memoryKiB(node: XmlNode | undefined): number | undefined {
  const value = positive(textOf(node));
  const unit = unitBytes[(node?.attributes['unit'] ?? 'KiB').toLowerCase()];
  return value === undefined || unit === undefined ? undefined : Math.ceil((value * unit) / 1_024);
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
