import { listResources } from '../libvirt/constants.ts';
import { imageFolder } from './blueprint.ts';
import { createRandom, randomUuid } from './random.ts';

export interface DemoNetwork {
  readonly name: string;
  readonly uuid: Uint8Array;
  readonly bridge: string;
  /** The first three numbers of its addresses. */
  readonly prefix: string;
  readonly forward: 'nat' | undefined;
  active: boolean;
  autostart: boolean;
}

export interface DemoVolume {
  readonly name: string;
  readonly format: 'qcow2' | 'iso' | 'raw';
  readonly capacityBytes: number;
  readonly allocationBytes: number;
}

export interface DemoPool {
  readonly name: string;
  readonly uuid: Uint8Array;
  readonly path: string;
  readonly capacityBytes: number;
  /** The disks of VMs are in it too. */
  readonly holdsDisks: boolean;
  /** What is in it beside the disks of VMs. */
  readonly volumes: readonly DemoVolume[];
  active: boolean;
  autostart: boolean;
}

const gib = 1_073_741_824;

export function createNetworks(seed: number): DemoNetwork[] {
  const network = (at: number, fields: Omit<DemoNetwork, 'uuid'>): DemoNetwork => ({
    uuid: randomUuid(createRandom(seed, 0x4e70, at)),
    ...fields,
  });
  return [
    network(0, {
      name: 'default',
      bridge: 'virbr0',
      prefix: '192.168.122',
      forward: 'nat',
      active: true,
      autostart: true,
    }),
    network(1, {
      name: 'lab',
      bridge: 'virbr1',
      prefix: '10.20.30',
      forward: undefined,
      active: true,
      autostart: true,
    }),
    network(2, {
      name: 'staging',
      bridge: 'virbr2',
      prefix: '10.20.40',
      forward: 'nat',
      active: false,
      autostart: false,
    }),
  ];
}

export function createPools(seed: number): DemoPool[] {
  const uuid = (at: number): Uint8Array => randomUuid(createRandom(seed, 0x9001, at));
  const iso = (name: string, mebibytes: number): DemoVolume => ({
    name,
    format: 'iso',
    capacityBytes: mebibytes * 1_048_576,
    allocationBytes: mebibytes * 1_048_576,
  });
  return [
    {
      name: 'default',
      uuid: uuid(0),
      path: imageFolder,
      capacityBytes: 8_192 * gib,
      holdsDisks: true,
      volumes: [
        {
          name: 'debian-12-template.qcow2',
          format: 'qcow2',
          capacityBytes: 20 * gib,
          allocationBytes: 1.5 * gib,
        },
      ],
      active: true,
      autostart: true,
    },
    {
      name: 'iso',
      uuid: uuid(1),
      path: '/srv/iso',
      capacityBytes: 200 * gib,
      holdsDisks: false,
      volumes: [
        iso('debian-12.7.0-amd64-netinst.iso', 631),
        iso('ubuntu-24.04-live-server-amd64.iso', 2_627),
        iso('virtio-win.iso', 708),
      ],
      active: true,
      autostart: true,
    },
    {
      name: 'archive',
      uuid: uuid(2),
      path: '/srv/archive',
      capacityBytes: 16_384 * gib,
      holdsDisks: false,
      volumes: [],
      active: false,
      autostart: false,
    },
  ];
}

/** Whether a network or pool, all of which are persistent, is what a list's flags ask for. */
export function matchesList(
  resource: { readonly active: boolean; readonly autostart: boolean },
  flags: number,
): boolean {
  const allows = (first: number, second: number, has: boolean): boolean =>
    (flags & (first | second)) === 0 || (flags & (has ? first : second)) !== 0;
  const { active, persistent, autostart } = listResources;
  return (
    allows(active, active >> 1, resource.active) &&
    allows(persistent, persistent << 1, true) &&
    allows(autostart, autostart << 1, resource.autostart)
  );
}
