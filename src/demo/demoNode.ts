import type { Decoded } from '../libvirt/xdr/codec.ts';
import type * as connect from '../libvirt/protocol/connect.ts';
import { Load } from './load.ts';
import type { World } from './world.ts';
import { element, formatTree } from './xmlTree.ts';

type NodeInfo = Decoded<typeof connect.nodeGetInfo.ret>;
type NodeStatistics = Decoded<typeof connect.nodeGetCpuStats.ret>;

/** A machine large enough for its VMs, as far as such machines exist. */
function sizeOf(world: World): { readonly sockets: number; readonly memoryKiB: number } {
  const large = world.size > 60;
  return { sockets: large ? 2 : 1, memoryKiB: (large ? 1_024 : 256) * 1_048_576 };
}

const coresPerSocket = 32;
const threadsPerCore = 2;

export function nodeInfo(world: World): NodeInfo {
  const { sockets, memoryKiB } = sizeOf(world);
  return {
    model: [...Buffer.from('x86_64'.padEnd(32, '\0'))],
    memory: BigInt(memoryKiB),
    cpus: sockets * coresPerSocket * threadsPerCore,
    mhz: 2_450,
    nodes: sockets,
    sockets: 1,
    cores: coresPerSocket,
    threads: threadsPerCore,
  };
}

/** Nanoseconds of all processors since boot. */
export function nodeCpuStats(world: World, nparams: number): NodeStatistics {
  const seconds = Math.max(0, (world.time.now() - world.bootedAt) / 1_000);
  const { cpus } = nodeInfo(world);
  const busy = new Load(world.seed, 0xc0).until(seconds) * 0.3;
  const part = (share: number): bigint =>
    BigInt(Math.floor(busy * share * cpus * 100)) * 10_000_000n;
  const iowait = BigInt(Math.floor(seconds * 0.004 * cpus * 100)) * 10_000_000n;
  const total = BigInt(Math.floor(seconds * cpus * 100)) * 10_000_000n;
  const [kernel, user] = [part(0.25), part(0.75)];
  return statistics(nparams, [
    ['kernel', kernel],
    ['user', user],
    ['idle', total - kernel - user - iowait],
    ['iowait', iowait],
  ]);
}

/** KiB. */
export function nodeMemoryStats(world: World, nparams: number): NodeStatistics {
  const { memoryKiB } = sizeOf(world);
  const seconds = Math.max(0, (world.time.now() - world.bootedAt) / 1_000);
  const used = 0.4 + 0.1 * new Load(world.seed, 0xc1).at(seconds);
  const part = (share: number): bigint => BigInt(Math.round(memoryKiB * share));
  return statistics(nparams, [
    ['total', BigInt(memoryKiB)],
    ['free', part(1 - used - 0.13)],
    ['buffers', part(0.01)],
    ['cached', part(0.12)],
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
  const { sockets } = sizeOf(world);
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
