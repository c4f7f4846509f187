import assert from 'node:assert/strict';
import { silentLog } from '../../../../../src/base/log.ts';
import {
  detailEvents,
  detailRequests,
  type DetailTick,
} from '../../../../../src/contract/detail.ts';
import { HostRegistry } from '../../../../../src/extension/hosts/hostRegistry.ts';
import { readHostSettings } from '../../../../../src/extension/hosts/hostSettings.ts';
import { DetailFeed } from '../../../../../src/extension/panels/dashboard/detailFeed.ts';
import { Ids } from '../../../../../src/extension/panels/dashboard/ids.ts';
import { Inventory } from '../../../../../src/inventory/inventory.ts';
import type { Operation } from '../../../../../src/operations/operationLog.ts';
import { settle } from '../../../../fakes/fakeClock.ts';
import { createServedHost, uuidOf } from '../../../inventory/servedHost.ts';

async function createWorld() {
  const host = createServedHost(2);
  host.session.dispose(); // only its daemon and clock are used
  const { clock, daemon } = host;
  const inventory = new Inventory(clock);
  const registry = new HostRegistry({
    inventory,
    createDialer: () => daemon.dialer,
    clock,
    log: silentLog,
  });
  const operations: Operation[] = [];
  const ticks: DetailTick[] = [];
  const ids = new Ids();
  const feed = new DetailFeed(
    { inventory, addresses: () => ['10.0.0.1'], endedOperations: () => operations, clock },
    ids,
    {
      intervalMs: 1_000,
      send: (tick) => {
        assert.ok(detailEvents.detailTick(JSON.parse(JSON.stringify(tick))));
        ticks.push(tick);
      },
    },
  );
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 20) {
      await settle();
      await clock.advance(20);
    }
  };
  registry.update(readHostSettings({ lab: { uri: 'qemu:///system' } }), {
    samplesInBackground: false,
  });
  await pass(400);
  assert.equal(inventory.session('lab')?.snapshot.status.state, 'connected');
  return { inventory, feed, ids, operations, pass, taken: () => ticks.splice(0) };
}

describe('what one VM shown closely is fed', () => {
  it('is read every second while it is open, and not a moment longer', async () => {
    const { inventory, feed, ids, pass, taken } = await createWorld();
    const target = { kind: 'vm', id: ids.vm({ host: 'lab', uuid: uuidOf(1) }) } as const;
    assert.ok(detailRequests.openDetail.result(feed.open(target, '15m')));
    await pass(5_100);
    const ticks = taken();
    assert.ok(ticks.length >= 5 && ticks.length <= 7, `${ticks.length} ticks`);
    assert.ok(ticks.every((tick) => tick.target.id === target.id));
    const again = feed.open(target, '15m');
    assert.ok(detailRequests.openDetail.result(JSON.parse(JSON.stringify(again))));
    assert.deepEqual(again.info.addresses, ['10.0.0.1']);
    feed.close();
    await pass(5_000);
    assert.deepEqual(taken(), []);
    inventory.dispose();
  });

  it('tells what was done to it once, with the next tick', async () => {
    const { inventory, feed, ids, operations, pass, taken } = await createWorld();
    feed.open({ kind: 'vm', id: ids.vm({ host: 'lab', uuid: uuidOf(1) }) }, '1h');
    await pass(2_000);
    taken();
    for (const [number, action] of [
      [1, 'destroy'],
      [2, 'start'],
    ] as const) {
      operations.push({
        ...{ id: `op-${number}`, action, host: 'lab', uuid: uuidOf(number), name: 'vm' },
        ...{ startedAt: 1, endedAt: 2, progress: undefined, result: { status: 'done' } },
      });
    }
    await pass(3_000);
    const told = taken().flatMap(({ info }) => info?.actions ?? []);
    assert.deepEqual(told, [{ action: 'forceOff', at: 2, status: 'done', reason: '' }]);
    feed.dispose();
    inventory.dispose();
  });

  it('says that what was asked for is gone', async () => {
    const { inventory, feed } = await createWorld();
    assert.throws(() => feed.open({ kind: 'vm', id: 99 }, '15m'), /not there any more/);
    inventory.dispose();
  });
});
