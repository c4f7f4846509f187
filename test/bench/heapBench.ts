import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { createSession } from '../integration/inventory/rigSession.ts';
import { startRigHost, type RigHost } from '../tools/rig/rigHost.ts';
import { heldBytes, medianFigure, type BenchResult, type Figure } from './measure.ts';
import { testDriver, TestWorld } from './testWorld.ts';

const runs = 3;

/** What a VM takes of our memory as long as it is not sampled. */
export async function heapBench(): Promise<BenchResult> {
  const host = await startRigHost({ name: 'bench-heap' });
  try {
    const figures: Figure[] = [];
    const world = await TestWorld.open(host, 10);
    // Code, shapes and buffers that are made once
    await inventoryBytes(host, 10);
    for (const count of [1_000, 10_000]) {
      await world.growTo(count);
      const perVm: number[] = [];
      for (let run = 0; run < runs; run++) {
        perVm.push((await inventoryBytes(host, count)) / count);
      }
      figures.push(
        medianFigure(`inventory of ${count.toLocaleString('en')} VMs, per VM`, perVm, 'B'),
      );
    }
    world.close();
    return {
      figures,
      notes: ['heapUsed + external after garbage collection; the snapshot is included.'],
    };
  } finally {
    await host.stop();
  }
}

async function inventoryBytes(host: RigHost, count: number): Promise<number> {
  const before = await heldBytes();
  const inventory = new Inventory(systemClock);
  const session = createSession(host.socketPath, { driver: testDriver });
  inventory.add(session, { samplesInBackground: false });
  session.connect();
  await session.whenReady(AbortSignal.timeout(30_000));
  await delay(100);
  const size = inventory.hosts[0]?.domains.size;
  const after = await heldBytes();
  inventory.dispose();
  if (size !== count) {
    throw new Error(`the inventory has ${size ?? 0} VMs where there are ${count}`);
  }
  return after - before;
}
