import assert from 'node:assert/strict';
import { Emitter } from '../../../../../src/base/event.ts';
import { silentLog } from '../../../../../src/base/log.ts';
import { extensionProtocol, type DashboardPatch } from '../../../../../src/contract/dashboard.ts';
import { DashboardFeed } from '../../../../../src/extension/panels/dashboard/dashboardFeed.ts';
import { Ids } from '../../../../../src/extension/panels/dashboard/ids.ts';
import { HostRegistry } from '../../../../../src/extension/hosts/hostRegistry.ts';
import { readHostSettings } from '../../../../../src/extension/hosts/hostSettings.ts';
import type { VmActivity } from '../../../../../src/extension/views/hosts/vmRow.ts';
import { Inventory } from '../../../../../src/inventory/inventory.ts';
import { domainLifecycle } from '../../../../../src/libvirt/constants.ts';
import { domainLifecycleEvent } from '../../../../../src/libvirt/protocol/events.ts';
import { settle } from '../../../../fakes/fakeClock.ts';
import { createServedHost, uuidOf } from '../../../inventory/servedHost.ts';
import { plainL10n } from '../../plainL10n.ts';

async function createWorld(vms: number) {
  const host = createServedHost(vms);
  host.session.dispose(); // only its daemon and clock are used
  const { clock, daemon } = host;
  const inventory = new Inventory(clock);
  const registry = new HostRegistry({
    inventory,
    createDialer: () => daemon.dialer,
    clock,
    log: silentLog,
  });
  const activities = new Map<string, VmActivity>();
  const activityChanged = new Emitter<{ host: string; uuid: string }>();
  const sent: DashboardPatch[] = [];
  const ids = new Ids();
  const feed = new DashboardFeed(
    {
      registry,
      inventory,
      activities: { get: (_, uuid) => activities.get(uuid), onDidChange: activityChanged.event },
      addresses: () => ['10.0.0.1'],
      clock,
      l10n: plainL10n,
    },
    ids,
    (patch) => {
      // What is sent is what the page's guard lets in, also after the copying that a message is
      assert.ok(extensionProtocol.events.patch(JSON.parse(JSON.stringify(patch))));
      sent.push(patch);
    },
  );
  const turn = async (): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      await settle();
      await clock.advance(20);
    }
  };
  const configure = async (settings: object): Promise<void> => {
    registry.update(readHostSettings(settings), { samplesInBackground: false });
    await turn();
  };
  await configure({ lab: { uri: 'qemu:///system' } });
  assert.equal(inventory.session('lab')?.snapshot.status.state, 'connected');
  return {
    ...{ host, inventory, registry, activities, activityChanged, feed, ids, turn, configure },
    taken: () => sent.splice(0),
  };
}

describe('what the dashboard is fed', () => {
  it('is everything first, in the order of the settings', async () => {
    const world = await createWorld(3);
    await world.configure({ lab: { uri: 'qemu:///system', order: 1 }, bad: { url: 1 } });
    const snapshot = world.feed.snapshot();
    assert.deepEqual(
      snapshot.hosts.map(({ name, standing }) => [name, standing]),
      [
        ['lab', 'up'],
        ['bad', 'lost'],
      ],
    );
    assert.deepEqual(
      snapshot.vms.map(({ name, state, addresses }) => [name, state, addresses[0]]),
      [1, 2, 3].map((number) => [`vm-${number}`, 'running', '10.0.0.1']),
    );
    world.feed.dispose();
    world.inventory.dispose();
  });

  it('is then what looks different, each time with the next revision', async () => {
    const world = await createWorld(2);
    const { revision, vms } = world.feed.snapshot();
    world.host.served[1]!.state = 3;
    world.host.daemon.sendEvent(domainLifecycleEvent, {
      callbackID: 0,
      msg: { dom: world.host.served[1]!.wire, event: domainLifecycle.suspended, detail: 0 },
    });
    await world.turn();
    const patches = world.taken();
    assert.deepEqual(
      patches.map((patch) => patch.revision),
      patches.map((_, index) => revision + 1 + index),
    );
    const changed = patches.flatMap((patch) => patch.vms ?? []);
    assert.deepEqual(
      changed.map(({ id, state }) => [id, state]),
      [[vms[1]!.id, 'paused']],
    );
    assert.notEqual(changed[0]!.can, vms[1]!.can, 'other actions');
    world.feed.dispose();
    world.inventory.dispose();
  });

  it('is collected while the page is loaded, and once more if something was sent meanwhile', async () => {
    const world = await createWorld(2);
    world.feed.prepare();
    const [change] = world.host.served;
    const suspend = async (): Promise<void> => {
      change!.state = change!.state === 3 ? 1 : 3;
      world.host.daemon.sendEvent(domainLifecycleEvent, {
        callbackID: 0,
        msg: { dom: change!.wire, event: domainLifecycle.suspended, detail: 0 },
      });
      await world.turn();
    };
    const first = world.feed.snapshot();
    await suspend();
    assert.deepEqual(
      world.taken().map(({ revision }) => revision - first.revision),
      [1],
    );
    world.feed.prepare();
    await suspend();
    const [between] = world.taken();
    const second = world.feed.snapshot();
    assert.ok(between && second.revision > between.revision);
    assert.equal(second.vms.find(({ name }) => name === 'vm-1')?.state, 'running');
    world.feed.dispose();
    world.inventory.dispose();
  });

  it('tells what is done to a VM, and nothing that looks the same', async () => {
    const world = await createWorld(1);
    const [vm] = world.feed.snapshot().vms;
    const say = async (progress: number): Promise<readonly DashboardPatch[]> => {
      const activity = { kind: 'running', text: 'saving', progress, canCancel: true } as const;
      world.activities.set(uuidOf(1), activity);
      world.activityChanged.fire({ host: 'lab', uuid: uuidOf(1) });
      await world.turn();
      return world.taken();
    };
    const [patch] = await say(0.101);
    assert.deepEqual(patch?.vms?.[0]?.activity, { kind: 'running', text: 'saving', progress: 0.1 });
    assert.equal(patch.vms[0].id, vm?.id);
    assert.deepEqual(await say(0.102), []);
    world.feed.dispose();
    world.inventory.dispose();
  });

  it('tells of VMs that are gone, one by one and with their host', async () => {
    const world = await createWorld(3);
    const { vms, hosts } = world.feed.snapshot();
    const { wire } = world.host.served.splice(1, 1)[0]!;
    for (const event of [domainLifecycle.stopped, domainLifecycle.undefined]) {
      world.host.daemon.sendEvent(domainLifecycleEvent, {
        callbackID: 0,
        msg: { dom: { ...wire, id: -1 }, event, detail: 0 },
      });
    }
    await world.turn();
    const gone = world.taken().flatMap((patch) => patch.goneVms ?? []);
    assert.deepEqual(gone, [vms[1]!.id]);
    await world.configure({ other: { uri: 'qemu:///session' } });
    const patches = world.taken();
    assert.deepEqual(
      patches.flatMap((patch) => patch.goneVms ?? []).sort(),
      [vms[0]!.id, vms[2]!.id].sort(),
    );
    const order = patches.findLast((patch) => patch.hostOrder)?.hostOrder ?? [];
    assert.equal(order.length, 1);
    assert.notEqual(order[0], hosts[0]!.id);
    world.feed.dispose();
    world.inventory.dispose();
  });

  it('is nothing before somebody asked, and nothing after the page is gone', async () => {
    const world = await createWorld(1);
    const change = async (): Promise<void> => {
      world.activities.set(uuidOf(1), { kind: 'waiting', text: String(Math.random()) });
      world.activityChanged.fire({ host: 'lab', uuid: uuidOf(1) });
      await world.turn();
    };
    await change();
    assert.deepEqual(world.taken(), []);
    world.feed.snapshot();
    await change();
    assert.equal(world.taken().length, 1);
    world.feed.dispose();
    await change();
    assert.deepEqual(world.taken(), []);
    world.inventory.dispose();
  });

  it('has figures that are sampled, once each time they look different', async () => {
    const world = await createWorld(1);
    world.feed.intervalMs = 2_000;
    const { intervalMs, figures } = world.feed.snapshot();
    assert.equal(intervalMs, 2_000);
    assert.deepEqual(figures, [], 'nobody looks yet');
    await world.inventory.session('lab')!.sampler.sampleNow();
    await world.turn();
    const patches = world.taken();
    assert.equal(patches.flatMap((patch) => patch.hostFigures ?? []).length, 1);
    const [first] = patches.flatMap((patch) => patch.figures ?? []);
    assert.equal(first?.[0], world.ids.vm({ host: 'lab', uuid: uuidOf(1) }));
    await world.inventory.session('lab')!.sampler.sampleNow();
    await world.turn();
    world.taken();
    await world.inventory.session('lab')!.sampler.sampleNow();
    await world.turn();
    assert.deepEqual(
      world.taken().flatMap((patch) => patch.figures ?? []),
      [],
      'the served VM does the same all the time',
    );
    world.feed.intervalMs = 10_000;
    assert.deepEqual(
      world.taken().map((patch) => patch.intervalMs),
      [10_000],
    );
    world.feed.dispose();
    world.inventory.dispose();
  });
});
