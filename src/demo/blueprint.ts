import type { DemoDisk, DemoInterface, Hardware } from './hardware.ts';
import { createRandom, mix } from './random.ts';

/** What kind of work a VM does: its name, its size and how it is loaded follow from it. */
interface Role {
  readonly name: string;
  readonly title: string;
  readonly os: 'debian' | 'ubuntu' | 'fedora' | 'windows';
  readonly vcpus: readonly [number, ...number[]];
  readonly memoryGiB: readonly [number, ...number[]];
  /** Sizes of the disks in GiB. */
  readonly disks: readonly number[];
  /** How busy it is on average, of one core per vCPU. */
  readonly load: number;
}

const roles: readonly [Role, ...Role[]] = [
  {
    name: 'web',
    title: 'Web server',
    os: 'debian',
    vcpus: [2, 4],
    memoryGiB: [2, 4],
    disks: [20],
    load: 0.18,
  },
  {
    name: 'api',
    title: 'API server',
    os: 'ubuntu',
    vcpus: [2, 4],
    memoryGiB: [4, 8],
    disks: [20],
    load: 0.25,
  },
  {
    name: 'db',
    title: 'PostgreSQL',
    os: 'debian',
    vcpus: [4, 8],
    memoryGiB: [8, 16, 32],
    disks: [20, 200],
    load: 0.35,
  },
  {
    name: 'cache',
    title: 'Redis cache',
    os: 'debian',
    vcpus: [1, 2],
    memoryGiB: [4, 8],
    disks: [10],
    load: 0.08,
  },
  {
    name: 'build',
    title: 'Build runner',
    os: 'fedora',
    vcpus: [8, 16],
    memoryGiB: [16, 32],
    disks: [80],
    load: 0.55,
  },
  {
    name: 'mail',
    title: 'Mail gateway',
    os: 'debian',
    vcpus: [2],
    memoryGiB: [4],
    disks: [40],
    load: 0.06,
  },
  {
    name: 'dns',
    title: 'Name server',
    os: 'debian',
    vcpus: [1],
    memoryGiB: [1],
    disks: [10],
    load: 0.02,
  },
  {
    name: 'monitor',
    title: 'Prometheus and Grafana',
    os: 'ubuntu',
    vcpus: [2, 4],
    memoryGiB: [8],
    disks: [20, 100],
    load: 0.22,
  },
  {
    name: 'files',
    title: 'File server',
    os: 'windows',
    vcpus: [2, 4],
    memoryGiB: [8],
    disks: [60, 500],
    load: 0.1,
  },
  {
    name: 'desk',
    title: 'Remote desktop',
    os: 'windows',
    vcpus: [4],
    memoryGiB: [8],
    disks: [80],
    load: 0.12,
  },
  {
    name: 'vpn',
    title: 'VPN endpoint',
    os: 'debian',
    vcpus: [1, 2],
    memoryGiB: [1, 2],
    disks: [10],
    load: 0.05,
  },
  {
    name: 'test',
    title: 'Scratch machine',
    os: 'fedora',
    vcpus: [2],
    memoryGiB: [2, 4],
    disks: [20],
    load: 0.04,
  },
];

/** Everything of a generated VM that follows from seed and index, without any state. */
export interface Blueprint {
  readonly hardware: Hardware;
  readonly title: string;
  readonly description: string;
  readonly os: Role['os'];
}

export const imageFolder = '/var/lib/libvirt/images';

/** `web-01`, `db-02`, …: the twelve roles in turn, each counted. */
export function nameOf(seed: number, index: number, count: number): string {
  const group = Math.floor(index / roles.length);
  const digits = Math.max(2, String(Math.floor((count - 1) / roles.length) + 1).length);
  return `${roleOf(seed, index).name}-${String(group + 1).padStart(digits, '0')}`;
}

/** How busy a VM is on average, of one core per vCPU. */
export function loadOf(seed: number, index: number): number {
  const { load } = roleOf(seed, index);
  return load * (0.5 + createRandom(seed, index, 3).next());
}

export function blueprintOf(seed: number, index: number, name: string): Blueprint {
  const role = roleOf(seed, index);
  const random = createRandom(seed, index, 2);
  const memoryKiB = random.pick(role.memoryGiB) * 1_048_576;
  const vcpus = random.pick(role.vcpus);
  return {
    title: role.title,
    description: `Simulated: ${role.title.toLowerCase()} on ${role.os}`,
    os: role.os,
    hardware: {
      maxMemoryKiB: memoryKiB,
      memoryKiB,
      vcpus,
      maxVcpus: vcpus,
      disks: disksOf(role, name),
      interfaces: interfacesOf(role, seed, index),
      hasAgent: role.os !== 'windows' || random.chance(0.5),
      tellsMemory: role.os !== 'windows',
    },
  };
}

/** Neighbours differ, and which roles they are depends on the seed. */
function roleOf(seed: number, index: number): Role {
  return roles[(index + mix(seed)) % roles.length] ?? roles[0];
}

function disksOf(role: Role, name: string): readonly DemoDisk[] {
  const bus = role.os === 'windows' ? 'sata' : 'virtio';
  const prefix = role.os === 'windows' ? 'sd' : 'vd';
  const disks = role.disks.map((sizeGiB, at): DemoDisk => {
    const target = `${prefix}${'abcdefgh'.charAt(at)}`;
    return {
      target,
      bus,
      device: 'disk',
      path: `${imageFolder}/${name}${at === 0 ? '' : `-${target}`}.qcow2`,
      format: 'qcow2',
      capacityBytes: sizeGiB * 1_073_741_824,
    };
  });
  const drive: DemoDisk = {
    target: 'sdz',
    bus: 'sata',
    device: 'cdrom',
    path: undefined,
    format: 'raw',
    capacityBytes: 0,
  };
  return role.os === 'windows' ? [...disks, drive] : disks;
}

/** Addresses are counted, so that no two are the same. */
function interfacesOf(role: Role, seed: number, index: number): readonly DemoInterface[] {
  const networks = role.name === 'vpn' || role.name === 'dns' ? ['default', 'lab'] : ['default'];
  return networks.map((network, at) => ({
    network,
    mac: macOf((mix(seed) + index * 2 + at) & 0xff_ffff),
    model: role.os === 'windows' ? 'e1000e' : 'virtio',
  }));
}

function macOf(number: number): string {
  const digits = number.toString(16).padStart(6, '0');
  return `52:54:00:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`;
}
