import { statsGroup } from '../libvirt/constants.ts';
import type {
  DeviceSample,
  DiskRates,
  DomainSample,
  Figure,
  InterfaceRates,
} from '../model/sample.ts';
import { CounterRate, known } from './counterRate.ts';
import type {
  BalloonFigures,
  DiskCounters,
  DomainCounters,
  InterfaceCounters,
} from './counters.ts';
import type { Reading } from './rates.ts';

/**
 * A VM's figures, made from its counters as they are read. All is changed in place (see {@link CounterRate}):
 * who keeps them takes a {@link sample}, who looks only need not.
 */
export class DomainFigures implements DomainSample {
  #at = 0;
  readonly #cpu = new CounterRate();
  #cpuAt = 0;
  #vcpuCount = Number.NaN;
  readonly #vcpus: CounterRate[] = [];
  #vcpusAt = 0;
  readonly #memory = new MemoryFigures();
  #disks: readonly DiskFigures[] = [];
  #disksAt = 0;
  #interfaces: readonly InterfaceFigures[] = [];
  #interfacesAt = 0;

  /**
   * Takes a reading over. A rate is of the last two readings that were asked for its group, since groups are read at
   * paces of their own; before there are two it is unknown. What was not asked for now stays as it was.
   * @param groups what was asked for, a mask of `statsGroup`
   */
  add({ counters, monotonic, at }: Reading<DomainCounters>, groups: number): void {
    const asked = (group: number): boolean => (groups & group) !== 0;
    this.#at = at;
    if (asked(statsGroup.cpuTotal)) {
      this.#cpu.take(counters.cpuTimeNs, (monotonic - this.#cpuAt) / 1_000);
      this.#cpuAt = monotonic;
    }
    if (asked(statsGroup.vcpu)) {
      this.#takeVcpus(counters, monotonic);
    }
    if (asked(statsGroup.balloon)) {
      this.#memory.take(counters.balloon);
    }
    if (asked(statsGroup.block)) {
      const seconds = (monotonic - this.#disksAt) / 1_000;
      this.#disks = takeDevices(this.#disks, counters.disks, seconds, DiskFigures);
      this.#disksAt = monotonic;
    }
    if (asked(statsGroup.interface)) {
      const seconds = (monotonic - this.#interfacesAt) / 1_000;
      this.#interfaces = takeDevices(
        this.#interfaces,
        counters.interfaces,
        seconds,
        InterfaceFigures,
      );
      this.#interfacesAt = monotonic;
    }
  }

  /** The latest, for who keeps it: it stays as it is. Before the first reading nothing is known. */
  get sample(): DomainSample {
    return {
      at: this.at,
      cpuCores: this.cpuCores,
      vcpus: this.vcpus,
      memoryKiB: this.memoryKiB,
      memoryUsedKiB: this.memoryUsedKiB,
      memoryToldAt: this.memoryToldAt,
      residentKiB: this.residentKiB,
      readBytesPerSecond: this.readBytesPerSecond,
      writeBytesPerSecond: this.writeBytesPerSecond,
      readRequestsPerSecond: this.readRequestsPerSecond,
      writeRequestsPerSecond: this.writeRequestsPerSecond,
      receiveBytesPerSecond: this.receiveBytesPerSecond,
      transmitBytesPerSecond: this.transmitBytesPerSecond,
    };
  }

  get at(): number {
    return this.#at;
  }

  get cpuCores(): Figure {
    return inCores(this.#cpu);
  }

  get vcpus(): Figure {
    return known(this.#vcpuCount);
  }

  get memoryKiB(): Figure {
    return known(this.#memory.currentKiB);
  }

  get memoryUsedKiB(): Figure {
    return known(this.#memory.usedKiB);
  }

  get memoryToldAt(): Figure {
    return known(this.#memory.toldAt);
  }

  get residentKiB(): Figure {
    return known(this.#memory.residentKiB);
  }

  get readBytesPerSecond(): Figure {
    return sum(this.#disks, (disk) => disk.readBytes);
  }

  get writeBytesPerSecond(): Figure {
    return sum(this.#disks, (disk) => disk.writeBytes);
  }

  get readRequestsPerSecond(): Figure {
    return sum(this.#disks, (disk) => disk.readRequests);
  }

  get writeRequestsPerSecond(): Figure {
    return sum(this.#disks, (disk) => disk.writeRequests);
  }

  get receiveBytesPerSecond(): Figure {
    return sum(this.#interfaces, (nic) => nic.receiveBytes);
  }

  get transmitBytesPerSecond(): Figure {
    return sum(this.#interfaces, (nic) => nic.transmitBytes);
  }

  /** The latest per vCPU and device. */
  get devices(): DeviceSample {
    return {
      vcpuCores: this.#vcpus.map(inCores),
      disks: this.#disks.map((disk) => disk.rates),
      interfaces: this.#interfaces.map((nic) => nic.rates),
    };
  }

  #takeVcpus({ vcpuCount, vcpuTimesNs }: DomainCounters, now: number): void {
    const seconds = (now - this.#vcpusAt) / 1_000;
    this.#vcpusAt = now;
    this.#vcpuCount = vcpuCount ?? Number.NaN;
    this.#vcpus.length = Math.min(this.#vcpus.length, vcpuTimesNs.length);
    for (const [index, timeNs] of vcpuTimesNs.entries()) {
      this.#vcpus[index] ??= new CounterRate();
      this.#vcpus[index].take(timeNs, seconds);
    }
  }
}

function inCores(cpu: CounterRate): Figure {
  const nsPerSecond = cpu.perSecond;
  return nsPerSecond === undefined ? undefined : nsPerSecond / 1e9;
}

class MemoryFigures {
  currentKiB = Number.NaN;
  usedKiB = Number.NaN;
  toldAt = Number.NaN;
  residentKiB = Number.NaN;

  take(balloon: BalloonFigures): void {
    this.currentKiB = balloon.currentKiB ?? Number.NaN;
    this.usedKiB = guestUsedKiB(balloon) ?? Number.NaN;
    this.toldAt = balloon.lastUpdate ?? Number.NaN;
    this.residentKiB = balloon.rssKiB ?? Number.NaN;
  }
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

/** What is kept of a device between two readings. */
interface DeviceFigures<Counters> {
  readonly name: string;
  take(counters: Counters, seconds: number): void;
}

class DiskFigures implements DeviceFigures<DiskCounters> {
  readonly name: string;
  readonly readBytes = new CounterRate();
  readonly writeBytes = new CounterRate();
  readonly readRequests = new CounterRate();
  readonly writeRequests = new CounterRate();
  #capacityBytes = Number.NaN;
  #allocationBytes = Number.NaN;

  constructor(name: string) {
    this.name = name;
  }

  take(counters: DiskCounters, seconds: number): void {
    this.readBytes.take(counters.readBytes, seconds);
    this.writeBytes.take(counters.writeBytes, seconds);
    this.readRequests.take(counters.readRequests, seconds);
    this.writeRequests.take(counters.writeRequests, seconds);
    this.#capacityBytes = counters.capacityBytes ?? Number.NaN;
    this.#allocationBytes = counters.allocationBytes ?? Number.NaN;
  }

  get rates(): DiskRates {
    return {
      name: this.name,
      readBytesPerSecond: this.readBytes.perSecond,
      writeBytesPerSecond: this.writeBytes.perSecond,
      readRequestsPerSecond: this.readRequests.perSecond,
      writeRequestsPerSecond: this.writeRequests.perSecond,
      capacityBytes: known(this.#capacityBytes),
      allocationBytes: known(this.#allocationBytes),
    };
  }
}

class InterfaceFigures implements DeviceFigures<InterfaceCounters> {
  readonly name: string;
  readonly receiveBytes = new CounterRate();
  readonly transmitBytes = new CounterRate();

  constructor(name: string) {
    this.name = name;
  }

  take(counters: InterfaceCounters, seconds: number): void {
    this.receiveBytes.take(counters.receiveBytes, seconds);
    this.transmitBytes.take(counters.transmitBytes, seconds);
  }

  get rates(): InterfaceRates {
    return {
      name: this.name,
      receiveBytesPerSecond: this.receiveBytes.perSecond,
      transmitBytesPerSecond: this.transmitBytes.perSecond,
    };
  }
}

/** Devices come and go between readings, so they are matched by name and not by place. */
function takeDevices<
  Counters extends { readonly name: string },
  Device extends DeviceFigures<Counters>,
>(
  before: readonly Device[],
  counters: readonly Counters[],
  seconds: number,
  create: new (name: string) => Device,
): readonly Device[] {
  const areSame =
    before.length === counters.length &&
    counters.every(({ name }, index) => before[index]?.name === name);
  const devices = areSame
    ? before
    : counters.map(({ name }) => before.find((device) => device.name === name) ?? new create(name));
  for (const [index, each] of counters.entries()) {
    devices[index]?.take(each, seconds);
  }
  return devices;
}

/** The sum of what is known; undefined where nothing is, or there is nothing to sum. */
function sum<T>(devices: readonly T[], pick: (device: T) => CounterRate): Figure {
  let total: Figure;
  for (const device of devices) {
    const value = pick(device).perSecond;
    if (value !== undefined) {
      total = (total ?? 0) + value;
    }
  }
  return total;
}
