import { statsGroup } from '../libvirt/constants.ts';
import type { DiskRates, DomainSample, Figure, InterfaceRates } from '../model/sample.ts';
import type {
  BalloonFigures,
  Counter,
  DiskCounters,
  DomainCounters,
  InterfaceCounters,
} from './counters.ts';
import { rate, type Reading } from './rates.ts';

const noFigures: DomainSample = {
  at: 0,
  cpuCores: undefined,
  vcpus: undefined,
  vcpuCores: [],
  memoryKiB: undefined,
  memoryUsedKiB: undefined,
  memoryToldAt: undefined,
  residentKiB: undefined,
  readBytesPerSecond: undefined,
  writeBytesPerSecond: undefined,
  readRequestsPerSecond: undefined,
  writeRequestsPerSecond: undefined,
  receiveBytesPerSecond: undefined,
  transmitBytesPerSecond: undefined,
  disks: [],
  interfaces: [],
};

/**
 * A VM's figures, made from its counters as they are read. What the next rates need is changed in place: of a thousand
 * VMs, objects that live until the next reading keep the garbage collector busier than all else does.
 */
export class DomainFigures {
  #sample = noFigures;
  #cpuAt = 0;
  #cpuTimeNs: Counter | undefined;
  #vcpusAt = 0;
  readonly #vcpuTimesNs: Counter[] = [];
  #disksAt = 0;
  #disks: readonly DiskCounters[] = [];
  #interfacesAt = 0;
  #interfaces: readonly InterfaceCounters[] = [];

  /** The latest; before the first reading nothing is known. */
  get sample(): DomainSample {
    return this.#sample;
  }

  /**
   * Takes a reading over. A rate is of the last two readings that were asked for its group, since groups are read at
   * paces of their own; before there are two it is unknown. What was not asked for now stays as it was.
   * @param groups what was asked for, a mask of `statsGroup`
   */
  add({ counters, monotonic, at }: Reading<DomainCounters>, groups: number): DomainSample {
    const asked = (group: number): boolean => (groups & group) !== 0;
    const before = this.#sample;
    const cpu = asked(statsGroup.cpuTotal) ? this.#takeCpu(counters, monotonic) : before;
    const vcpus = asked(statsGroup.vcpu) ? this.#takeVcpus(counters, monotonic) : before;
    const memory = asked(statsGroup.balloon) ? memoryFigures(counters.balloon) : before;
    const disks = asked(statsGroup.block) ? this.#takeDisks(counters, monotonic) : before;
    const nics = asked(statsGroup.interface) ? this.#takeInterfaces(counters, monotonic) : before;
    this.#sample = {
      at,
      cpuCores: cpu.cpuCores,
      vcpus: vcpus.vcpus,
      vcpuCores: vcpus.vcpuCores,
      memoryKiB: memory.memoryKiB,
      memoryUsedKiB: memory.memoryUsedKiB,
      memoryToldAt: memory.memoryToldAt,
      residentKiB: memory.residentKiB,
      readBytesPerSecond: disks.readBytesPerSecond,
      writeBytesPerSecond: disks.writeBytesPerSecond,
      readRequestsPerSecond: disks.readRequestsPerSecond,
      writeRequestsPerSecond: disks.writeRequestsPerSecond,
      receiveBytesPerSecond: nics.receiveBytesPerSecond,
      transmitBytesPerSecond: nics.transmitBytesPerSecond,
      disks: disks.disks,
      interfaces: nics.interfaces,
    };
    return this.#sample;
  }

  #takeCpu({ cpuTimeNs }: DomainCounters, now: number): Pick<DomainSample, 'cpuCores'> {
    const cpuCores = cores(this.#cpuTimeNs, cpuTimeNs, (now - this.#cpuAt) / 1_000);
    this.#cpuAt = now;
    this.#cpuTimeNs = cpuTimeNs;
    return { cpuCores };
  }

  #takeVcpus(
    { vcpuCount, vcpuTimesNs }: DomainCounters,
    now: number,
  ): Pick<DomainSample, 'vcpus' | 'vcpuCores'> {
    const seconds = (now - this.#vcpusAt) / 1_000;
    const vcpuCores = vcpuTimesNs.map((timeNs, index) =>
      cores(this.#vcpuTimesNs[index], timeNs, seconds),
    );
    this.#vcpusAt = now;
    this.#vcpuTimesNs.length = vcpuTimesNs.length;
    for (const [index, timeNs] of vcpuTimesNs.entries()) {
      this.#vcpuTimesNs[index] = timeNs;
    }
    return { vcpus: vcpuCount, vcpuCores };
  }

  #takeDisks(
    counters: DomainCounters,
    now: number,
  ): Pick<
    DomainSample,
    | 'disks'
    | 'readBytesPerSecond'
    | 'writeBytesPerSecond'
    | 'readRequestsPerSecond'
    | 'writeRequestsPerSecond'
  > {
    const seconds = (now - this.#disksAt) / 1_000;
    const disks = matchByName(this.#disks, counters.disks, (from, to) =>
      diskRates(from, to, seconds),
    );
    this.#disksAt = now;
    this.#disks = counters.disks;
    return {
      disks,
      readBytesPerSecond: sum(disks, (disk) => disk.readBytesPerSecond),
      writeBytesPerSecond: sum(disks, (disk) => disk.writeBytesPerSecond),
      readRequestsPerSecond: sum(disks, (disk) => disk.readRequestsPerSecond),
      writeRequestsPerSecond: sum(disks, (disk) => disk.writeRequestsPerSecond),
    };
  }

  #takeInterfaces(
    counters: DomainCounters,
    now: number,
  ): Pick<DomainSample, 'interfaces' | 'receiveBytesPerSecond' | 'transmitBytesPerSecond'> {
    const seconds = (now - this.#interfacesAt) / 1_000;
    const interfaces = matchByName(this.#interfaces, counters.interfaces, (from, to) =>
      interfaceRates(from, to, seconds),
    );
    this.#interfacesAt = now;
    this.#interfaces = counters.interfaces;
    return {
      interfaces,
      receiveBytesPerSecond: sum(interfaces, (nic) => nic.receiveBytesPerSecond),
      transmitBytesPerSecond: sum(interfaces, (nic) => nic.transmitBytesPerSecond),
    };
  }
}

function cores(before: Counter | undefined, after: Counter | undefined, seconds: number): Figure {
  const nsPerSecond = rate(before, after, seconds);
  return nsPerSecond === undefined ? undefined : nsPerSecond / 1e9;
}

function memoryFigures(
  balloon: BalloonFigures,
): Pick<DomainSample, 'memoryKiB' | 'memoryUsedKiB' | 'memoryToldAt' | 'residentKiB'> {
  return {
    memoryKiB: balloon.currentKiB,
    memoryUsedKiB: guestUsedKiB(balloon),
    memoryToldAt: balloon.lastUpdate,
    residentKiB: balloon.rssKiB,
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
  before: readonly T[],
  after: readonly T[],
  combine: (before: T | undefined, after: T) => R,
): readonly R[] {
  return after.map((device, index) => {
    const samePlace = before[index];
    return combine(
      samePlace?.name === device.name
        ? samePlace
        : before.find((candidate) => candidate.name === device.name),
      device,
    );
  });
}

/** The sum of what is known; undefined where nothing is, or there is nothing to sum. */
function sum<T>(entries: readonly T[], pick: (entry: T) => Figure): Figure {
  let total: Figure;
  for (const entry of entries) {
    const value = pick(entry);
    if (value !== undefined) {
      total = (total ?? 0) + value;
    }
  }
  return total;
}
