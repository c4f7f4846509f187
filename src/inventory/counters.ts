import type { TypedParameters } from '../libvirt/protocol/types.ts';
import { openRecord, type CounterRecord, type DevicePlaces } from './counterPlaces.ts';

/** A 64-bit counter: a number where that is exact. */
export type Counter = number | bigint;

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
  readonly vcpuTimesNs: readonly Counter[];
  readonly balloon: BalloonFigures;
  readonly disks: readonly DiskCounters[];
  readonly interfaces: readonly InterfaceCounters[];
}

/** More devices than any VM has; a count beyond it is not believed. */
const maxDevices = 4_096;

/** Takes a statistics record apart. Fields are libvirt's (virConnectGetAllDomainStats). */
export function toCounters(params: TypedParameters): DomainCounters {
  const record = openRecord(params);
  const { places } = record;
  const { balloon } = places;
  return {
    cpuTimeNs: record.counter(places.cpuTime),
    vcpuCount: number(record, places.vcpuCount),
    vcpuTimesNs: readVcpus(record),
    balloon: {
      currentKiB: number(record, balloon.current),
      availableKiB: number(record, balloon.available),
      usableKiB: number(record, balloon.usable),
      unusedKiB: number(record, balloon.unused),
      lastUpdate: number(record, balloon.lastUpdate),
      rssKiB: number(record, balloon.rss),
    },
    disks: readDisks(record),
    interfaces: readInterfaces(record),
  };
}

function number(record: CounterRecord, place: number | undefined): number | undefined {
  const value = record.counter(place);
  return value === undefined ? undefined : Number(value);
}

/** vCPU numbers may have gaps after an unplug, so each is looked for up to the maximum. */
function readVcpus(record: CounterRecord): readonly Counter[] {
  const { vcpuMaximum, vcpuTimes } = record.places;
  const found: Counter[] = [];
  for (const place of counted(record, vcpuTimes, vcpuMaximum)) {
    const timeNs = record.counter(place);
    if (timeNs !== undefined) {
      found.push(timeNs);
    }
  }
  return found;
}

function readDisks(record: CounterRecord): readonly DiskCounters[] {
  const { diskCount, disks } = record.places;
  const found: DiskCounters[] = [];
  for (const disk of counted(record, disks, diskCount)) {
    const name = record.text(disk.name);
    // Without these the disk was listed but QEMU was not asked
    const readBytes = record.counter(disk.readBytes);
    const writeBytes = record.counter(disk.writeBytes);
    if (name !== undefined && readBytes !== undefined && writeBytes !== undefined) {
      found.push({
        name,
        readBytes,
        writeBytes,
        readRequests: record.counter(disk.readRequests) ?? 0,
        writeRequests: record.counter(disk.writeRequests) ?? 0,
        capacityBytes: number(record, disk.capacity),
        allocationBytes: number(record, disk.allocation),
      });
    }
  }
  return found;
}

function readInterfaces(record: CounterRecord): readonly InterfaceCounters[] {
  const { interfaceCount, interfaces } = record.places;
  const found: InterfaceCounters[] = [];
  for (const nic of counted(record, interfaces, interfaceCount)) {
    const receiveBytes = record.counter(nic.receiveBytes);
    const transmitBytes = record.counter(nic.transmitBytes);
    if (receiveBytes !== undefined && transmitBytes !== undefined) {
      found.push({ name: record.text(nic.name) ?? '', receiveBytes, transmitBytes });
    }
  }
  return found;
}

/** Those devices that are among as many as the record says there are. */
function counted<T>(
  record: CounterRecord,
  devices: DevicePlaces<T>,
  count: number | undefined,
): readonly T[] {
  const limit = Math.min(number(record, count) ?? 0, maxDevices);
  return devices.all.length > 0 && devices.lastIndex >= limit
    ? devices.all.filter((_, at) => (devices.indices[at] ?? limit) < limit)
    : devices.all;
}
