import type { Clock } from '../base/clock.ts';
import type { Connection } from '../libvirt/connection.ts';
import { LibvirtError } from '../libvirt/errors.ts';
import { nodeGetCpuStats, nodeGetMemoryStats } from '../libvirt/protocol/connect.ts';
import type { NodeSample } from '../model/sample.ts';
import { CounterRate } from './counterRate.ts';

/** `VIR_NODE_CPU_STATS_ALL_CPUS` and `VIR_NODE_MEMORY_STATS_ALL_CELLS` */
const all = -1;

interface CpuTimes {
  readonly idleNs: bigint;
  readonly totalNs: bigint;
}

/** Reads a host's own CPU and memory. What its driver cannot tell is not asked for again. */
export class NodeReader {
  readonly #connection: Connection;
  readonly #clock: Clock;
  /** How many parameters each call has to ask for; undefined until known, 0 where there are none. */
  #cpuParameters: number | undefined;
  #memoryParameters: number | undefined;
  readonly #idle = new CounterRate();
  readonly #total = new CounterRate();
  /** Monotonic milliseconds of the reading before. */
  #readAt = 0;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** @returns undefined where the driver tells neither. @throws TransportError if the connection is lost. */
  async read(): Promise<NodeSample | undefined> {
    const [cpu, memory] = await Promise.all([this.#readCpu(), this.#readMemory()]);
    if (!cpu && !memory) {
      return undefined;
    }
    const at = this.#clock.now();
    const total = memory?.get('total');
    const free = ['free', 'buffers', 'cached'].reduce(
      (sum, kind) => sum + (memory?.get(kind) ?? 0n),
      0n,
    );
    return {
      at,
      cpuUse: cpu && this.#cpuUse(cpu),
      memoryTotalKiB: total === undefined ? undefined : Number(total),
      memoryUsedKiB: total === undefined ? undefined : Number(total - free),
    };
  }

  #cpuUse({ idleNs, totalNs }: CpuTimes): number | undefined {
    const now = this.#clock.monotonic();
    const seconds = (now - this.#readAt) / 1_000;
    this.#readAt = now;
    this.#idle.take(idleNs, seconds);
    this.#total.take(totalNs, seconds);
    const [idle, total] = [this.#idle.perSecond, this.#total.perSecond];
    return idle === undefined || total === undefined || total === 0
      ? undefined
      : Math.min(1, Math.max(0, 1 - idle / total));
  }

  async #readCpu(): Promise<CpuTimes | undefined> {
    this.#cpuParameters ??= await countOf(
      this.#connection.call(nodeGetCpuStats, { cpuNum: all, nparams: 0, flags: 0 }),
    );
    if (this.#cpuParameters === 0) {
      return undefined;
    }
    const { params } = await this.#connection.call(nodeGetCpuStats, {
      cpuNum: all,
      nparams: this.#cpuParameters,
      flags: 0,
    });
    const times = new Map(params.map(({ field, value }) => [field, value]));
    // Waiting for a disk is idle: the CPU could run something else
    const idleNs = (times.get('idle') ?? 0n) + (times.get('iowait') ?? 0n);
    const busyNs =
      (times.get('user') ?? 0n) + (times.get('kernel') ?? 0n) + (times.get('intr') ?? 0n);
    return { idleNs, totalNs: idleNs + busyNs };
  }

  async #readMemory(): Promise<ReadonlyMap<string, bigint> | undefined> {
    this.#memoryParameters ??= await countOf(
      this.#connection.call(nodeGetMemoryStats, { nparams: 0, cellNum: all, flags: 0 }),
    );
    if (this.#memoryParameters === 0) {
      return undefined;
    }
    const { params } = await this.#connection.call(nodeGetMemoryStats, {
      nparams: this.#memoryParameters,
      cellNum: all,
      flags: 0,
    });
    return new Map(params.map(({ field, value }) => [field, value]));
  }
}

/** How many parameters there are; 0 where the driver refuses to tell. */
async function countOf(reply: Promise<{ readonly nparams: number }>): Promise<number> {
  try {
    return (await reply).nparams;
  } catch (error) {
    if (error instanceof LibvirtError) {
      return 0;
    }
    throw error;
  }
}
