import type { Decoded } from '../libvirt/xdr/codec.ts';
import type * as connect from '../libvirt/protocol/connect.ts';
import type { DemoVm } from './demoVm.ts';
import { Figures } from './figures.ts';
import { Load } from './load.ts';
import type { World } from './world.ts';
import { element, formatTree } from './xmlTree.ts';

type NodeInfo = Decoded<typeof connect.nodeGetInfo.ret>;
type NodeStatistics = Decoded<typeof connect.nodeGetCpuStats.ret>;

const coresPerSocket = 32;
const threadsPerCore = 2;
const cpusPerSocket = coresPerSocket * threadsPerCore;
/** A VM's load at its highest is twice its average, and the host has work of its own. */
const cpuReserve = 2.2;
const memoryReserve = 1.2;
const leastMemoryGiB = 256;

/** The machine below the VMs: large enough for all of them, and as busy as they are and a little more. */
class DemoNode {
  readonly sockets: number;
  readonly memoryKiB: number;
  readonly #world: World;
  readonly #ownLoad: Load;
  /** Wall-clock milliseconds since which its counters count. */
  readonly #countsSince: number;
  /** What each VM had used when that was last looked at. */
  readonly #usedNs = new WeakMap<DemoVm, number>();
  #ofVmsNs: number | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#ownLoad = new Load(world.seed, 0xc0);
    const vms = [...world.vms];
    const cpus = sum(vms, ({ hardware, averageLoad }) => hardware.vcpus * averageLoad);
    const memoryGiB = sum(vms, ({ hardware }) => hardware.maxMemoryKiB) / 1_048_576;
    const wantedGiB = Math.max(leastMemoryGiB, memoryGiB * memoryReserve);
    this.sockets = Math.max(1, Math.ceil((cpus * cpuReserve) / cpusPerSocket));
    // Nanoseconds of all processors have 64 bits, which a very large machine fills within days
    const longestMs = 2 ** 62 / 1e6 / this.cpus;
    this.#countsSince = Math.max(world.bootedAt, world.time.now() - longestMs);
    this.memoryKiB = 2 ** Math.ceil(Math.log2(wantedGiB)) * 1_048_576;
  }

  get cpus(): number {
    return this.sockets * cpusPerSocket;
  }

  /** Seconds since it was started. */
  get seconds(): number {
    return Math.max(0, (this.#world.time.now() - this.#countsSince) / 1_000);
  }

  /** Seconds that its processors were busy, since it was started; never less than before. */
  get busySeconds(): number {
    const wholeNs = this.seconds * this.cpus * 1e9;
    // VMs may have run for longer than it counts
    this.#ofVmsNs =
      this.#ofVmsNs === undefined
        ? Math.min(this.#usedByVmsNs(), wholeNs * 0.4)
        : this.#ofVmsNs + this.#usedByVmsNs();
    const ownNs = this.#ownLoad.until(this.seconds) * 0.01 * this.cpus * 1e9;
    return Math.min(this.#ofVmsNs + ownNs, wholeNs * 0.98) / 1e9;
  }

  /** Nanoseconds that its VMs have used since that was last asked for. */
  #usedByVmsNs(): number {
    let sumNs = 0;
    for (const vm of this.#world.vms) {
      if (vm.isActive) {
        const usedNs = new Figures(vm, this.#world.time).cpu.timeNs;
        const before = this.#usedNs.get(vm) ?? 0;
        // A VM that was started anew begins at nothing
        sumNs += usedNs >= before ? usedNs - before : usedNs;
        this.#usedNs.set(vm, usedNs);
      }
    }
    return sumNs;
  }

  /** KiB that are used, caches not counted. */
  get usedKiB(): number {
    const ofVms = sum(this.#world.vms, (vm) =>
      vm.isActive ? new Figures(vm, this.#world.time).residentKiB : 0,
    );
    return Math.min(ofVms + 0.02 * this.memoryKiB, 0.86 * this.memoryKiB);
  }
}

const nodes = new WeakMap<World, DemoNode>();

/** The same machine however often it is asked for. */
function nodeOf(world: World): DemoNode {
  let node = nodes.get(world);
  if (!node) {
    node = new DemoNode(world);
    nodes.set(world, node);
  }
  return node;
}

function sum<T>(entries: Iterable<T>, pick: (entry: T) => number): number {
  let total = 0;
  for (const entry of entries) {
    total += pick(entry);
  }
  return total;
}

export function nodeInfo(world: World): NodeInfo {
  const { sockets, memoryKiB, cpus } = nodeOf(world);
  return {
    model: [...Buffer.from('x86_64'.padEnd(32, '\0'))],
    memory: BigInt(memoryKiB),
    cpus,
    mhz: 2_450,
    nodes: sockets,
    sockets: 1,
    cores: coresPerSocket,
    threads: threadsPerCore,
  };
}

/** Nanoseconds of all processors since boot. */
export function nodeCpuStats(world: World, nparams: number): NodeStatistics {
  const node = nodeOf(world);
  const busy = node.busySeconds;
  const ns = (seconds: number): bigint => BigInt(Math.floor(seconds * 100)) * 10_000_000n;
  const [kernel, user] = [ns(busy * 0.25), ns(busy * 0.75)];
  const iowait = ns(node.seconds * 0.004 * node.cpus);
  const total = ns(node.seconds * node.cpus);
  return statistics(nparams, [
    ['kernel', kernel],
    ['user', user],
    ['idle', total - kernel - user - iowait],
    ['iowait', iowait],
  ]);
}

/** KiB. */
export function nodeMemoryStats(world: World, nparams: number): NodeStatistics {
  const { memoryKiB, usedKiB } = nodeOf(world);
  const part = (kib: number): bigint => BigInt(Math.round(kib));
  const [buffers, cached] = [0.01 * memoryKiB, 0.12 * memoryKiB];
  return statistics(nparams, [
    ['total', BigInt(memoryKiB)],
    ['free', part(memoryKiB - usedKiB - buffers - cached)],
    ['buffers', part(buffers)],
    ['cached', part(cached)],
  ]);
}

/** Asked with none, it tells how many there are. */
function statistics(
  nparams: number,
  values: readonly (readonly [string, bigint])[],
): NodeStatistics {
  return nparams === 0
    ? { params: [], nparams: values.length }
    : { params: values.slice(0, nparams).map(([field, value]) => ({ field, value })), nparams: 0 };
}

export function capabilitiesXml(world: World): string {
  const { sockets } = nodeOf(world);
  return formatTree(
    element(
      'capabilities',
      {},
      element(
        'host',
        {},
        element('uuid', {}, world.uuidText),
        element(
          'cpu',
          {},
          element('arch', {}, 'x86_64'),
          element('model', {}, 'EPYC-Milan'),
          element('vendor', {}, 'AMD'),
          element('topology', {
            sockets,
            dies: 1,
            cores: coresPerSocket,
            threads: threadsPerCore,
          }),
        ),
        element('power_management', {}, element('suspend_mem')),
      ),
      element(
        'guest',
        {},
        element('os_type', {}, 'hvm'),
        element(
          'arch',
          { name: 'x86_64' },
          element('wordsize', {}, '64'),
          element('emulator', {}, '/usr/bin/qemu-system-x86_64'),
          element('machine', { maxCpus: 288 }, 'pc-q35-7.2'),
          element('domain', { type: 'qemu' }),
          element('domain', { type: 'kvm' }),
        ),
        element('features', {}, element('acpi', { default: 'on', toggle: 'yes' })),
      ),
    ),
  );
}
