import { parameterValues } from '../libvirt/protocol/packedParameters.ts';
import type { TypedParameters } from '../libvirt/protocol/types.ts';

/** A 64-bit counter: a number where that is exact. */
export type Counter = number | bigint;

interface VcpuCounters {
  readonly timeNs: Counter | undefined;
  /** Time it could have run but the host was busy; only where the host's kernel tells. */
  readonly delayNs: Counter | undefined;
}

export interface DiskCounters {
  /** Target device, such as `vda`. */
  readonly name: string;
  readonly readBytes: Counter;
  readonly writeBytes: Counter;
  readonly readRequests: Counter;
  readonly writeRequests: Counter;
  /** The guest's size of the disk; absent where QEMU was not asked. */
  readonly capacityBytes: number | undefined;
  /** What it takes on the host. */
  readonly allocationBytes: number | undefined;
}

export interface InterfaceCounters {
  /** The host's side, such as `vnet0`; empty for user-mode networking. */
  readonly name: string;
  readonly receiveBytes: Counter;
  readonly transmitBytes: Counter;
}

export interface BalloonFigures {
  readonly currentKiB: number | undefined;
  /** What the guest sees; from here on only if its balloon driver tells. */
  readonly availableKiB: number | undefined;
  /** What the guest could still give to programs, caches included. */
  readonly usableKiB: number | undefined;
  readonly unusedKiB: number | undefined;
  /** Seconds since the epoch when the guest last told. */
  readonly lastUpdate: number | undefined;
  /** Resident memory of the QEMU process. */
  readonly rssKiB: number | undefined;
}

/** One reading of a VM's counters. Disks and interfaces are absent where they were not asked for or told. */
export interface DomainCounters {
  readonly cpuTimeNs: Counter | undefined;
  readonly vcpuCount: number | undefined;
  readonly vcpus: readonly VcpuCounters[];
  readonly balloon: BalloonFigures;
  readonly disks: readonly DiskCounters[];
  readonly interfaces: readonly InterfaceCounters[];
}

/** More devices than any VM has; a count beyond it is not believed. */
const maxDevices = 4_096;

/** Takes a statistics record apart. Fields are libvirt's (virConnectGetAllDomainStats). */
export function toCounters(params: TypedParameters): DomainCounters {
  const valueOf = parameterValues(params);
  const counter = (field: string): Counter | undefined => {
    const value = valueOf(field);
    return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
  };
  const number = (field: string): number | undefined => {
    const value = counter(field);
    return value === undefined ? undefined : Number(value);
  };
  const each = <T>(group: string, read: (prefix: string) => T | undefined): readonly T[] => {
    const count = Math.min(number(`${group}.count`) ?? 0, maxDevices);
    return Array.from({ length: count }, (_, index) => read(`${group}.${index}`)).filter(
      (entry) => entry !== undefined,
    );
  };
  return {
    cpuTimeNs: counter('cpu.time'),
    vcpuCount: number('vcpu.current'),
    vcpus: readVcpus(number('vcpu.maximum') ?? 0, counter),
    balloon: {
      currentKiB: number('balloon.current'),
      availableKiB: number('balloon.available'),
      usableKiB: number('balloon.usable'),
      unusedKiB: number('balloon.unused'),
      lastUpdate: number('balloon.last-update'),
      rssKiB: number('balloon.rss'),
    },
    disks: each('block', (prefix) => {
      const name = valueOf(`${prefix}.name`);
      // Without these the disk was listed but QEMU was not asked
      const readBytes = counter(`${prefix}.rd.bytes`);
      const writeBytes = counter(`${prefix}.wr.bytes`);
      return typeof name !== 'string' || readBytes === undefined || writeBytes === undefined
        ? undefined
        : {
            name,
            readBytes,
            writeBytes,
            readRequests: counter(`${prefix}.rd.reqs`) ?? 0,
            writeRequests: counter(`${prefix}.wr.reqs`) ?? 0,
            capacityBytes: number(`${prefix}.capacity`),
            allocationBytes: number(`${prefix}.allocation`),
          };
    }),
    interfaces: each('net', (prefix) => {
      const receiveBytes = counter(`${prefix}.rx.bytes`);
      const transmitBytes = counter(`${prefix}.tx.bytes`);
      const name = valueOf(`${prefix}.name`);
      return receiveBytes === undefined || transmitBytes === undefined
        ? undefined
        : { name: typeof name === 'string' ? name : '', receiveBytes, transmitBytes };
    }),
  };
}

/** vCPU numbers may have gaps after an unplug, so each is asked for up to the maximum. */
function readVcpus(
  maximum: number,
  counter: (field: string) => Counter | undefined,
): readonly VcpuCounters[] {
  return Array.from({ length: Math.min(maximum, maxDevices) }, (_, index) => ({
    timeNs: counter(`vcpu.${index}.time`),
    delayNs: counter(`vcpu.${index}.delay`),
  })).filter((vcpu) => vcpu.timeNs !== undefined);
}
