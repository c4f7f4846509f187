import type { DiskRates, DomainSample, Figure, InterfaceRates } from '../model/sample.ts';
import type {
  BalloonFigures,
  Counter,
  DiskCounters,
  DomainCounters,
  InterfaceCounters,
} from './counters.ts';

/** Counters and when they were read. */
export interface Reading<T> {
  readonly counters: T;
  /** Monotonic milliseconds, for intervals. */
  readonly monotonic: number;
  /** Milliseconds since the epoch, for people. */
  readonly at: number;
}

/**
 * How fast a counter grew. A counter that is smaller than before was reset (the VM restarted, a device was
 * replaced): how much it counted in between is not known, which is a gap.
 */
export function rate(
  before: Counter | undefined,
  after: Counter | undefined,
  seconds: number,
): Figure {
  if (before === undefined || after === undefined || seconds <= 0 || after < before) {
    return undefined;
  }
  const grown =
    typeof before === 'number' && typeof after === 'number'
      ? after - before
      : Number(BigInt(after) - BigInt(before));
  return grown / seconds;
}

/** Turns two readings of a VM into figures; without a first one there are levels but no rates. */
export function toSample(
  before: Reading<DomainCounters> | undefined,
  after: Reading<DomainCounters>,
): DomainSample {
  const seconds = before ? (after.monotonic - before.monotonic) / 1_000 : 0;
  const { counters } = after;
  const nsRate = (from: Counter | undefined, to: Counter | undefined): Figure => {
    const perSecond = rate(from, to, seconds);
    return perSecond === undefined ? undefined : perSecond / 1e9;
  };
  const disks = matchByName(before?.counters.disks, counters.disks, (from, to) =>
    diskRates(from, to, seconds),
  );
  const interfaces = matchByName(before?.counters.interfaces, counters.interfaces, (from, to) =>
    interfaceRates(from, to, seconds),
  );
  return {
    at: after.at,
    cpuCores: nsRate(before?.counters.cpuTimeNs, counters.cpuTimeNs),
    vcpus: counters.vcpuCount,
    vcpuCores: counters.vcpus.map((vcpu, index) =>
      nsRate(before?.counters.vcpus[index]?.timeNs, vcpu.timeNs),
    ),
    memoryKiB: counters.balloon.currentKiB,
    memoryUsedKiB: guestUsedKiB(counters.balloon),
    memoryToldAt: counters.balloon.lastUpdate,
    residentKiB: counters.balloon.rssKiB,
    readBytesPerSecond: sum(disks, (disk) => disk.readBytesPerSecond),
    writeBytesPerSecond: sum(disks, (disk) => disk.writeBytesPerSecond),
    readRequestsPerSecond: sum(disks, (disk) => disk.readRequestsPerSecond),
    writeRequestsPerSecond: sum(disks, (disk) => disk.writeRequestsPerSecond),
    receiveBytesPerSecond: sum(interfaces, (nic) => nic.receiveBytesPerSecond),
    transmitBytesPerSecond: sum(interfaces, (nic) => nic.transmitBytesPerSecond),
    disks,
    interfaces,
  };
}

/**
 * What the guest uses: what it sees less what it could still give to programs (`usable`, which counts
 * reclaimable caches), or less what lies idle where an old guest does not tell that. Resident memory of QEMU
 * says nothing of the guest and is never used for it.
 */
function guestUsedKiB(balloon: BalloonFigures): Figure {
  const free = balloon.usableKiB ?? balloon.unusedKiB;
  return balloon.availableKiB === undefined || free === undefined || balloon.lastUpdate === 0
    ? undefined
    : Math.max(0, balloon.availableKiB - free);
}

function diskRates(
  before: DiskCounters | undefined,
  after: DiskCounters,
  seconds: number,
): DiskRates {
  return {
    name: after.name,
    readBytesPerSecond: rate(before?.readBytes, after.readBytes, seconds),
    writeBytesPerSecond: rate(before?.writeBytes, after.writeBytes, seconds),
    readRequestsPerSecond: rate(before?.readRequests, after.readRequests, seconds),
    writeRequestsPerSecond: rate(before?.writeRequests, after.writeRequests, seconds),
    capacityBytes: after.capacityBytes,
    allocationBytes: after.allocationBytes,
  };
}

function interfaceRates(
  before: InterfaceCounters | undefined,
  after: InterfaceCounters,
  seconds: number,
): InterfaceRates {
  return {
    name: after.name,
    receiveBytesPerSecond: rate(before?.receiveBytes, after.receiveBytes, seconds),
    transmitBytesPerSecond: rate(before?.transmitBytes, after.transmitBytes, seconds),
  };
}

/** Devices come and go between readings, so they are matched by name and not by place. */
function matchByName<T extends { readonly name: string }, R>(
  before: readonly T[] | undefined,
  after: readonly T[],
  combine: (before: T | undefined, after: T) => R,
): readonly R[] {
  return after.map((device, index) => {
    const samePlace = before?.[index];
    return combine(
      samePlace?.name === device.name
        ? samePlace
        : before?.find((candidate) => candidate.name === device.name),
      device,
    );
  });
}

/** The sum of what is known; undefined where nothing is, or there is nothing to sum. */
function sum<T>(entries: readonly T[], pick: (entry: T) => Figure): Figure {
  return entries.reduce<Figure>((total, entry) => {
    const value = pick(entry);
    return value === undefined ? total : (total ?? 0) + value;
  }, undefined);
}
