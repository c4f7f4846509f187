import assert from 'node:assert/strict';
import { statsGroup } from '../../../src/libvirt/constants.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import { parameterValues } from '../../../src/libvirt/protocol/packedParameters.ts';
import { openDemo, type OpenDemo } from './openDemo.ts';

/** What is in use, of the VMs together and of the host. */
interface Use {
  readonly vmsNs: number;
  readonly busyNs: number;
  readonly idleNs: number;
  readonly vmsKiB: number;
  readonly promisedKiB: number;
  readonly usedKiB: number;
}

async function useOf({ connection, during }: OpenDemo): Promise<Use> {
  const cpu = await nodeValues(during, connection, connect.nodeGetCpuStats);
  const memory = await nodeValues(during, connection, connect.nodeGetMemoryStats);
  const stats = statsGroup.cpuTotal | statsGroup.balloon;
  const { retStats } = await during(
    connection.call(connect.connectGetAllDomainStats, { doms: [], stats, flags: 0 }),
  );
  const sum = (field: string): number =>
    retStats.reduce((total, { params }) => total + Number(parameterValues(params)(field) ?? 0), 0);
  const { total = 0, free = 0, buffers = 0, cached = 0 } = memory;
  return {
    vmsNs: sum('cpu.time'),
    busyNs: (cpu['user'] ?? 0) + (cpu['kernel'] ?? 0),
    idleNs: cpu['idle'] ?? 0,
    vmsKiB: sum('balloon.rss'),
    promisedKiB: sum('balloon.maximum'),
    usedKiB: total - free - buffers - cached,
  };
}

async function nodeValues(
  during: OpenDemo['during'],
  connection: Connection,
  procedure: typeof connect.nodeGetCpuStats | typeof connect.nodeGetMemoryStats,
): Promise<Readonly<Record<string, number>>> {
  const isCpu = procedure === connect.nodeGetCpuStats;
  const { params } = isCpu
    ? await during(connection.call(connect.nodeGetCpuStats, { cpuNum: -1, nparams: 16, flags: 0 }))
    : await during(
        connection.call(connect.nodeGetMemoryStats, { cellNum: -1, nparams: 16, flags: 0 }),
      );
  return Object.fromEntries(params.map(({ field, value }) => [field, Number(value)]));
}

describe('demo, the machine below its VMs', () => {
  for (const vms of [1, 24, 1_000, 10_000]) {
    it(`is large enough for ${vms}, and as busy as they are`, async () => {
      const demo = await openDemo({ vms });
      try {
        const info = await demo.during(demo.connection.call(connect.nodeGetInfo, undefined));
        let before = await useOf(demo);
        for (let minute = 0; minute < 3; minute++) {
          await demo.clock.advance(60_000);
          const now = await useOf(demo);
          const [ofVms, busy, idle] = [
            now.vmsNs - before.vmsNs,
            now.busyNs - before.busyNs,
            now.idleNs - before.idleNs,
          ];
          assert.ok(busy >= ofVms * 0.98, `busy ${busy}, its VMs alone ${ofVms}`);
          assert.ok(busy <= ofVms + 0.1 * (busy + idle), 'and not much more');
          assert.ok(idle > 0);
          assert.ok(now.usedKiB >= now.vmsKiB * 0.99);
          assert.ok(now.promisedKiB <= Number(info.memory));
          before = now;
        }
      } finally {
        demo.dialer.dispose();
      }
    });
  }
});
