import type { DeviceSample } from '../model/sample.ts';
import { History } from './history.ts';

/** The series of a disk's history, in their order. */
const diskSeries = [
  'readBytesPerSecond',
  'writeBytesPerSecond',
  'readRequestsPerSecond',
  'writeRequestsPerSecond',
] as const;

/** The series of an interface's history, in their order. */
const interfaceSeries = ['receiveBytesPerSecond', 'transmitBytesPerSecond'] as const;

/** Figures per vCPU, disk and interface of one VM, for whoever has it open. */
export class DeviceHistory {
  readonly #start: number;
  readonly #vcpus: History[] = [];
  readonly #disks = new Map<string, History>();
  readonly #interfaces = new Map<string, History>();

  /** @param start milliseconds since the epoch */
  constructor(start: number) {
    this.#start = start;
  }

  /** By number; the only series is the cores it used. */
  get vcpus(): readonly History[] {
    return this.#vcpus;
  }

  /** By target device. */
  get disks(): ReadonlyMap<string, History> {
    return this.#disks;
  }

  /** By the host's device, or by its place where that has no name. */
  get interfaces(): ReadonlyMap<string, History> {
    return this.#interfaces;
  }

  /** @param at milliseconds since the epoch */
  record(at: number, sample: DeviceSample): void {
    for (const [index, cores] of sample.vcpuCores.entries()) {
      this.#vcpus[index] ??= new History(1, this.#start);
      this.#vcpus[index].record(at, [cores]);
    }
    for (const disk of sample.disks) {
      historyOf(this.#disks, disk.name, diskSeries.length, this.#start).record(
        at,
        diskSeries.map((series) => disk[series]),
      );
    }
    for (const [index, nic] of sample.interfaces.entries()) {
      const name = nic.name === '' ? `nic ${index}` : nic.name;
      historyOf(this.#interfaces, name, interfaceSeries.length, this.#start).record(
        at,
        interfaceSeries.map((series) => nic[series]),
      );
    }
  }
}

function historyOf(
  histories: Map<string, History>,
  name: string,
  series: number,
  start: number,
): History {
  let history = histories.get(name);
  if (!history) {
    history = new History(series, start);
    histories.set(name, history);
  }
  return history;
}
