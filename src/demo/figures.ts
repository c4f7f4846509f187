import type { DemoVm } from './demoVm.ts';
import type { DemoTime } from './demoTime.ts';
import { mix } from './random.ts';

/** How often a guest tells of its memory. */
const balloonPeriodSeconds = 5;

export interface CpuFigures {
  readonly timeNs: number;
  readonly userNs: number;
  readonly systemNs: number;
}

/** What a guest told of its memory, in KiB, and when. */
export interface GuestMemory {
  readonly swapIn: number;
  readonly swapOut: number;
  readonly majorFaults: number;
  readonly minorFaults: number;
  readonly unused: number;
  readonly available: number;
  readonly usable: number;
  readonly diskCaches: number;
  /** Seconds since the epoch. */
  readonly lastUpdate: number;
}

export interface InterfaceFigures {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxDrops: number;
  readonly txBytes: number;
  readonly txPackets: number;
}

export interface DiskFigures {
  readonly readRequests: number;
  readonly readBytes: number;
  readonly readTimeNs: number;
  readonly writeRequests: number;
  readonly writeBytes: number;
  readonly writeTimeNs: number;
  readonly flushRequests: number;
  readonly flushTimeNs: number;
}

/**
 * What a VM's counters show at this moment. Each is a function of how long its processors have run, so that
 * nothing has to be counted while nobody looks: it never goes back, stands still while the VM is paused and
 * begins anew when it is started.
 */
export class Figures {
  readonly #vm: DemoVm;
  /** Seconds its processors ran. */
  readonly #seconds: number;
  readonly #nowSeconds: number;
  /** Seconds of an average load. */
  readonly #work: number;

  constructor(vm: DemoVm, time: DemoTime) {
    this.#vm = vm;
    this.#seconds = vm.ranSeconds(time.monotonic());
    this.#nowSeconds = time.now() / 1_000;
    this.#work = vm.load.until(this.#seconds);
  }

  get cpu(): CpuFigures {
    const { vcpus } = this.#vm.liveHardware;
    const timeNs = ns(this.#work * this.#vm.averageLoad * vcpus);
    const systemNs = ns((this.#work * this.#vm.averageLoad * vcpus) / 4);
    return { timeNs, userNs: timeNs - systemNs, systemNs };
  }

  /** What one processor of the VM has run; all together they are what the VM has run. */
  vcpuNs(index: number): number {
    const { vcpus } = this.#vm.liveHardware;
    // The first does more than the last
    const share = vcpus === 1 ? 1 : 1.3 - (0.6 * index) / (vcpus - 1);
    return ns(this.#work * this.#vm.averageLoad * share);
  }

  /** Undefined where the guest tells nothing, or not yet. */
  get memory(): GuestMemory | undefined {
    const vm = this.#vm;
    const hardware = vm.liveHardware;
    const told = Math.floor(this.#seconds / balloonPeriodSeconds) * balloonPeriodSeconds;
    if (!hardware.tellsMemory || told === 0) {
      return undefined;
    }
    const available = Math.round(hardware.memoryKiB * 0.97);
    // Fills up within minutes, then moves with the load
    const filled = 1 - Math.exp(-told / 120);
    const usedShare =
      (0.25 + 0.35 * fraction(vm.salt, 1)) * filled * (0.8 + 0.2 * vm.load.at(told));
    const cachedShare = Math.min(0.9 - usedShare, (0.15 + 0.2 * fraction(vm.salt, 2)) * filled);
    const used = Math.round(available * (0.03 + usedShare));
    const diskCaches = Math.round(available * Math.max(0, cachedShare));
    const unused = Math.max(0, available - used - diskCaches);
    return {
      swapIn: 0,
      swapOut: 0,
      majorFaults: Math.floor(200 + told * 0.002),
      minorFaults: Math.floor(9_000 + told * 40 * vm.averageLoad),
      unused,
      available,
      usable: unused + Math.round(diskCaches * 0.9),
      diskCaches,
      lastUpdate: Math.floor(this.#nowSeconds - this.#stoodStill(told)),
    };
  }

  /** What QEMU takes on the host, in KiB. */
  get residentKiB(): number {
    const { memoryKiB } = this.#vm.liveHardware;
    const touched = 0.15 + 0.7 * (1 - Math.exp(-this.#seconds / 600));
    return Math.round(memoryKiB * touched) + 48_000;
  }

  interface(index: number): InterfaceFigures {
    const scale = this.#vm.averageLoad * (index === 0 ? 1 : 0.2);
    const rxBytes = Math.floor(this.#work * 900_000 * scale);
    const txBytes = Math.floor(this.#work * 1_400_000 * scale);
    const rxPackets = Math.floor(this.#work * 1_100 * scale);
    return {
      name: `vnet${this.#vm.firstTap + index}`,
      rxBytes,
      rxPackets,
      rxDrops: Math.floor(rxPackets / 2_000_000),
      txBytes,
      txPackets: Math.floor(this.#work * 1_300 * scale),
    };
  }

  disk(index: number): DiskFigures {
    const boot = 1 - Math.exp(-this.#seconds / 10);
    const scale = this.#vm.averageLoad * (index === 0 ? 0.4 : 1);
    const readRequests = Math.floor(boot * 9_000 + this.#work * 60 * scale);
    const writeRequests = Math.floor(boot * 600 + this.#work * 110 * scale);
    return {
      readRequests,
      readBytes: readRequests * 24_576,
      readTimeNs: readRequests * 380_000,
      writeRequests,
      writeBytes: writeRequests * 16_384,
      writeTimeNs: writeRequests * 720_000,
      flushRequests: Math.floor(writeRequests / 12),
      flushTimeNs: Math.floor(writeRequests / 12) * 900_000,
    };
  }

  /** Seconds since the guest last told: its age grows while it is paused. */
  #stoodStill(told: number): number {
    const run = this.#seconds - told;
    return this.#vm.state === 'running' ? run : this.#nowSeconds - this.#pausedAt() + run;
  }

  #pausedAt(): number {
    return this.#vm.pausedAtMs === undefined ? this.#nowSeconds : this.#vm.pausedAtMs / 1_000;
  }
}

/** Bytes that a disk image takes on the host. */
export function allocatedBytes(vm: DemoVm, index: number): number {
  const disk = vm.liveHardware.disks[index];
  const share = 0.12 + 0.6 * fraction(vm.salt, 3 + index);
  return disk ? Math.floor((disk.capacityBytes * share) / 65_536) * 65_536 : 0;
}

function ns(seconds: number): number {
  // The kernel counts in hundredths
  return Math.floor(seconds * 100) * 10_000_000;
}

function fraction(salt: number, which: number): number {
  return mix(salt, which) / 0x1_0000_0000;
}
