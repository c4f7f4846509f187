import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/base/event.ts';
import { silentLog } from '../../../../src/base/log.ts';
import { HostRegistry } from '../../../../src/extension/hosts/hostRegistry.ts';
import { readHostSettings } from '../../../../src/extension/hosts/hostSettings.ts';
import { HostsTreeModel } from '../../../../src/extension/views/hosts/hostsTreeModel.ts';
import type { TreeNode } from '../../../../src/extension/views/hosts/nodes.ts';
import type { VmActivity } from '../../../../src/extension/views/hosts/vmRow.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import { domainLifecycle, statsGroup } from '../../../../src/libvirt/constants.ts';
import { TransportError } from '../../../../src/libvirt/errors.ts';
import { domainLifecycleEvent } from '../../../../src/libvirt/protocol/events.ts';
import { settle } from '../../../fakes/fakeClock.ts';
import { createServedHost, serve, uuidOf, type ServedHost } from '../../inventory/servedHost.ts';
import { plainL10n } from '../plainL10n.ts';

interface World {
  readonly host: ServedHost;
  readonly registry: HostRegistry;
  readonly model: HostsTreeModel;
  readonly inventory: Inventory;
  readonly activities: Map<string, VmActivity>;
  readonly activityChanged: Emitter<{ host: string; uuid: string }>;
  /** What was to be redrawn, since the last look. */
  redrawn(): readonly (readonly TreeNode[] | undefined)[];
  turn(): Promise<void>;
}

function createWorld(vms: number): World {
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
  const model = new HostsTreeModel({
    registry,
    inventory,
    activities: { get: (_, uuid) => activities.get(uuid), onDidChange: activityChanged.event },
    addresses: () => [],
    clock,
    l10n: plainL10n,
  });
  const seen: (readonly TreeNode[] | undefined)[] = [];
  model.onDidChange((nodes) => seen.push(nodes));
  return {
    host,
    registry,
    model,
    inventory,
    activities,
    activityChanged,
    redrawn: () => seen.splice(0),
    turn: async () => {
      for (let round = 0; round < 20; round++) {
        await settle();
        await clock.advance(20);
      }
    },
  };
}

async function connectedWorld(vms: number): Promise<World> {
  const world = createWorld(vms);
  world.registry.update(readHostSettings({ lab: { uri: 'qemu:///system' } }), {
    samplesInBackground: false,
  });
  await world.turn();
  assert.equal(world.inventory.session('lab')?.snapshot.status.state, 'connected');
  draw(world.model);
  world.redrawn();
  return world;
}

/** Asks for everything, as the editor does. */
function draw(model: HostsTreeModel, node?: TreeNode): readonly string[] {
  return model
    .children(node)
    .flatMap((child) => [model.row(child)?.label ?? '?', ...draw(model, child)]);
}

describe('the Hosts tree', () => {
  it('has hosts with their VMs below, by name as people count', async () => {
    const world = await connectedWorld(11);
    assert.deepEqual(draw(world.model), [
      'lab',
      ...Array.from({ length: 11 }, (_, index) => `vm-${index + 1}`),
    ]);
    world.inventory.dispose();
  });

  it('shows entries that cannot be used, and a sentence where there is no VM', async () => {
    const world = createWorld(0);
    world.registry.update(
      readHostSettings({ lab: { uri: 'qemu:///system', order: 1 }, bad: { url: 1 } }),
      { samplesInBackground: false },
    );
    await world.turn();
    assert.deepEqual(draw(world.model), [
      'lab',
      'No VMs on this host',
      'bad',
      'Correct it in the settings',
    ]);
    world.inventory.dispose();
  });

  it('offers help below a host that cannot be connected', async () => {
    const world = createWorld(2);
    world.host.daemon.unreachable = new TransportError('permission', 'You may not.');
    world.registry.update(readHostSettings({ lab: { uri: 'qemu:///system' } }), {
      samplesInBackground: false,
    });
    await world.turn();
    assert.deepEqual(draw(world.model), ['lab', 'What can I do?']);
    world.inventory.dispose();
  });

  it('has the same object for the same thing, and finds its parent', async () => {
    const { model, inventory } = await connectedWorld(1);
    const [lab] = model.children();
    const [vm] = model.children(lab);
    assert.equal(model.children()[0], lab);
    assert.equal(model.children(lab)[0], vm);
    assert.equal(model.parent(vm!), lab);
    assert.equal(model.vmNode('lab', uuidOf(1)), vm);
    assert.equal(model.vmNode('lab', uuidOf(9)), undefined);
    inventory.dispose();
  });

  it('redraws a VM at once when it changes state, a large host a little later, and nothing while none does', async () => {
    const world = await connectedWorld(101);
    await world.turn();
    assert.deepEqual(world.redrawn(), []);
    const { wire } = world.host.served[0]!;
    world.host.served[0]!.state = 3;
    world.host.daemon.sendEvent(domainLifecycleEvent, {
      callbackID: 0,
      msg: { dom: wire, event: domainLifecycle.suspended, detail: 0 },
    });
    await settle(4);
    const drawn = world.redrawn();
    assert.deepEqual(
      drawn.map((nodes) => nodes?.map(({ id }) => id)),
      [[`vm:lab/${uuidOf(1)}`]],
    );
    assert.equal(
      world.model.row(world.model.vmNode('lab', uuidOf(1))!)?.description,
      'paused since ' +
        new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }).format(
          world.host.clock.now(),
        ),
    );
    await world.turn();
    assert.equal(
      world
        .redrawn()
        .flat()
        .filter((node) => node?.kind === 'host').length,
      0,
    );
    await world.host.clock.advance(1_000);
    await world.turn();
    assert.ok(
      world
        .redrawn()
        .flat()
        .some((node) => node?.id === 'host:lab'),
      'which counts them',
    );
    world.inventory.dispose();
  });

  it('counts again at once where a host has few VMs', async () => {
    const world = await connectedWorld(3);
    await world.turn();
    world.host.served[0]!.state = 3;
    world.host.daemon.sendEvent(domainLifecycleEvent, {
      callbackID: 0,
      msg: { dom: world.host.served[0]!.wire, event: domainLifecycle.suspended, detail: 0 },
    });
    await settle(4);
    assert.deepEqual(world.redrawn(), [[world.model.hostNode('lab')]], 'with all below it');
    draw(world.model);
    await world.host.clock.advance(2_000);
    await world.turn();
    assert.deepEqual(world.redrawn(), [], 'and not once more');
    world.inventory.dispose();
  });

  it('draws what comes fast together, and never holds it back for long', async () => {
    const world = await connectedWorld(2);
    await world.turn();
    world.model.onDidChange(() => draw(world.model)); // as the editor does
    for (let round = 0; round < 40; round++) {
      world.host.daemon.sendEvent(domainLifecycleEvent, {
        callbackID: 0,
        msg: {
          dom: world.host.served[0]!.wire,
          event:
            Math.floor(round / 7) % 2 === 0 ? domainLifecycle.suspended : domainLifecycle.resumed,
          detail: 0,
        },
      });
      await settle(4);
      await world.host.clock.advance(25); // 1 s in all
    }
    const times = world.redrawn().length;
    assert.ok(times >= 3 && times <= 6, `${times} times in a second`);
    world.inventory.dispose();
  });

  it('redraws all of a host at once where a changed state moves rows', async () => {
    const world = await connectedWorld(2);
    world.model.arrangement = { groupBy: 'host', sortBy: 'state', filter: '' };
    await world.turn();
    draw(world.model);
    world.redrawn();
    world.host.daemon.sendEvent(domainLifecycleEvent, {
      callbackID: 0,
      msg: { dom: world.host.served[0]!.wire, event: domainLifecycle.suspended, detail: 0 },
    });
    await settle(4);
    assert.deepEqual(
      world
        .redrawn()
        .flat()
        .map((node) => node?.id),
      ['host:lab'],
    );
    world.inventory.dispose();
  });

  it('redraws a VM alone when something is done to it, and only if it looks different', async () => {
    const world = await connectedWorld(3);
    await world.turn();
    world.activities.set(uuidOf(2), {
      kind: 'running',
      text: 'saving',
      progress: 0.101,
      canCancel: true,
    });
    world.activityChanged.fire({ host: 'lab', uuid: uuidOf(2) });
    await world.turn();
    const node = world.model.vmNode('lab', uuidOf(2))!;
    assert.deepEqual(world.redrawn(), [[node]]);
    world.model.row(node);
    world.activities.set(uuidOf(2), {
      kind: 'running',
      text: 'saving',
      progress: 0.102,
      canCancel: true,
    });
    world.activityChanged.fire({ host: 'lab', uuid: uuidOf(2) });
    await world.turn();
    assert.deepEqual(world.redrawn(), [], '10.1 % and 10.2 % look the same');
    world.inventory.dispose();
  });

  it('redraws a VM though somebody asked in between what can be done with it', async () => {
    const world = await connectedWorld(1);
    const node = world.model.vmNode('lab', uuidOf(1))!;
    world.activities.set(uuidOf(1), { kind: 'problem', text: 'not started', detail: '' });
    assert.match(world.model.contextValue(node), /\bcan-dismiss\b/);
    world.activityChanged.fire({ host: 'lab', uuid: uuidOf(1) });
    await world.turn();
    assert.deepEqual(world.redrawn(), [[node]]);
    world.inventory.dispose();
  });

  it('groups the VMs of all hosts by state', async () => {
    const world = await connectedWorld(2);
    world.host.served[1]!.state = 5;
    await world.inventory.session('lab')!.refresh();
    world.model.arrangement = { groupBy: 'state', sortBy: 'name', filter: '' };
    assert.deepEqual(draw(world.model), ['Running', 'vm-1', 'Off', 'vm-2']);
    const vm = world.model.vmNode('lab', uuidOf(2))!;
    assert.equal(world.model.parent(vm)?.id, 'group:off');
    assert.match(world.model.row(vm)?.description ?? '', /^off.* · lab$/);
    world.inventory.dispose();
  });

  it('grouped by state, says of a host that is not well what helps, whatever the filter hides', async () => {
    const world = await connectedWorld(2);
    world.inventory.session('lab')!.disconnect();
    world.model.arrangement = { groupBy: 'state', sortBy: 'name', filter: 'vm-1' };
    const drawn = draw(world.model);
    assert.deepEqual(drawn.slice(0, 2), ['lab', 'Connect to see its VMs']);
    assert.ok(!drawn.includes('vm-2'));
    world.inventory.dispose();
  });

  it('shows the VMs that meet the filter, and counts the others', async () => {
    const world = await connectedWorld(12);
    world.model.arrangement = { groupBy: 'host', sortBy: 'name', filter: 'VM-1 state:running' };
    assert.deepEqual(draw(world.model), ['lab', 'vm-1', 'vm-10', 'vm-11', 'vm-12']);
    assert.equal(await world.model.countHidden(), 8);
    world.model.arrangement = { groupBy: 'host', sortBy: 'name', filter: 'nothing such*' };
    assert.deepEqual(draw(world.model), [
      'lab',
      'No VM of this host matches the filter (12 hidden)',
    ]);
    world.model.arrangement = { groupBy: 'host', sortBy: 'name', filter: 'vm-2 cpu>' };
    assert.deepEqual(draw(world.model), ['lab', 'vm-2'], 'what is half written hides nothing');
    world.inventory.dispose();
  });

  it('grouped by state, draws figures and no row of a host, which has none', async () => {
    const world = await connectedWorld(2);
    world.model.arrangement = { groupBy: 'state', sortBy: 'name', filter: '' };
    await world.turn();
    draw(world.model);
    world.redrawn();
    const looking = world.inventory.observe({
      intervalMs: 2_000,
      groups: statsGroup.cpuTotal,
      isVisible: true,
    });
    let samples = 0;
    world.inventory.onDidChange(({ changes }) => {
      samples += changes.filter(({ kind }) => kind === 'sampled').length;
    });
    for (let round = 0; round < 40; round++) {
      await world.turn(); // 16 s in all
    }
    assert.ok(samples > 3, `${samples} samples`);
    assert.deepEqual(
      world
        .redrawn()
        .flat()
        .filter((node) => node?.kind === 'host'),
      [],
    );
    looking.dispose();
    world.inventory.dispose();
  });

  it('keeps the session of a host that only moved, and replaces one whose URI changed', async () => {
    const world = await connectedWorld(1);
    const session = world.inventory.session('lab');
    const update = (value: unknown): void => {
      world.registry.update(readHostSettings({ lab: value }), { samplesInBackground: false });
    };
    update({ uri: 'qemu:///system', order: 3 });
    assert.equal(world.inventory.session('lab'), session);
    update({ uri: 'qemu:///system', readOnly: true });
    await world.turn();
    assert.notEqual(world.inventory.session('lab'), session);
    assert.equal(world.inventory.session('lab')?.snapshot.status.state, 'readOnly');
    update({ uri: 'no URI' });
    assert.equal(world.inventory.session('lab'), undefined);
    world.registry.update([], { samplesInBackground: false });
    assert.deepEqual(draw(world.model), []);
    world.inventory.dispose();
  });

  it('knows which VMs its filter hides', async () => {
    const world = await connectedWorld(2);
    const [one, two] = [1, 2].map((id) => world.model.vmNode('lab', uuidOf(id))!);
    assert.deepEqual([world.model.hides(one!), world.model.hides(two!)], [false, false]);
    world.model.arrangement = { groupBy: 'host', sortBy: 'name', filter: 'vm-1' };
    assert.deepEqual([world.model.hides(one!), world.model.hides(two!)], [false, true]);
    world.inventory.dispose();
  });

  it('forgets a VM that is gone', async () => {
    const world = await connectedWorld(2);
    const gone = world.model.vmNode('lab', uuidOf(2))!;
    const [{ wire }] = world.host.served.splice(1, 1) as [ReturnType<typeof serve>];
    world.host.daemon.sendEvent(domainLifecycleEvent, {
      callbackID: 0,
      msg: { dom: { ...wire, id: -1 }, event: domainLifecycle.stopped, detail: 0 },
    });
    world.host.daemon.sendEvent(domainLifecycleEvent, {
      callbackID: 0,
      msg: { dom: { ...wire, id: -1 }, event: domainLifecycle.undefined, detail: 0 },
    });
    await world.turn();
    assert.deepEqual(draw(world.model), ['lab', 'vm-1']);
    assert.equal(world.model.row(gone), undefined);
    world.inventory.dispose();
  });
});

describe('the Hosts tree of a host with many VMs', () => {
  it('is asked for in turns, and is the same', async () => {
    const world = await connectedWorld(700);
    const [host] = world.model.children();
    const renamed = new HostsTreeModel({
      registry: world.registry,
      inventory: world.inventory,
      activities: { get: () => undefined, onDidChange: world.activityChanged.event },
      addresses: () => [],
      clock: world.host.clock,
      l10n: plainL10n,
    });
    const asked = renamed.childrenSoon(host);
    assert.ok(asked instanceof Promise);
    await world.turn();
    const nodes = await asked;
    assert.deepEqual(
      nodes.map(({ id }) => id),
      world.model.children(host).map(({ id }) => id),
    );
    const rows = nodes.map((node) => renamed.rowSoon(node));
    await world.turn();
    assert.deepEqual(
      (await Promise.all(rows.map(async (row) => row))).map((row) => row?.label),
      Array.from({ length: 700 }, (_, index) => `vm-${index + 1}`),
    );
    renamed.dispose();
    world.inventory.dispose();
  });

  for (const arrangement of [
    { groupBy: 'host', sortBy: 'memory', filter: '' },
    { groupBy: 'host', sortBy: 'name', filter: 'vm-1*' },
    { groupBy: 'host', sortBy: 'name', filter: 'nobody' },
    { groupBy: 'state', sortBy: 'name', filter: '' },
    { groupBy: 'state', sortBy: 'state', filter: '-vm-7*' },
  ] as const) {
    it(`is the same whether at once or in turns: ${Object.values(arrangement).join(', ')}`, async () => {
      const world = await connectedWorld(700);
      world.model.arrangement = arrangement;
      const roots = world.model.childrenSoon();
      await world.turn();
      assert.deepEqual(await roots, world.model.children());
      for (const root of world.model.children()) {
        const asked = world.model.childrenSoon(root);
        assert.ok(asked instanceof Promise);
        await world.turn();
        assert.deepEqual(await asked, world.model.children(root));
      }
      world.inventory.dispose();
    });
  }

  it('has all of them, also those that came while they were put in order', async () => {
    const world = await connectedWorld(700);
    const [host] = world.model.children();
    assert.ok(host);
    for (let index = 701; index <= 710; index++) {
      world.host.served.push(serve(index));
    }
    await world.inventory.session('lab')?.refresh();
    await world.turn();
    world.host.clock.msPerLook = 1;
    const asked = world.model.childrenSoon(host);
    world.host.served.push(serve(711));
    const msg = { dom: serve(711).wire, event: domainLifecycle.defined, detail: 0 };
    world.host.daemon.sendEvent(domainLifecycleEvent, { callbackID: 0, msg });
    for (let round = 0; world.inventory.session('lab')?.snapshot.domains.size !== 711; round++) {
      assert.ok(round < 50, 'it does not come');
      await settle();
    }
    await world.turn();
    await asked;
    world.host.clock.msPerLook = 0;
    assert.equal(world.model.children(host).length, 711);
    const again = world.model.childrenSoon(host);
    await world.turn();
    assert.equal((await again).length, 711);
    world.inventory.dispose();
  });

  it('has a VM that is defined later in its place', async () => {
    const world = await connectedWorld(3);
    const [host] = world.model.children();
    assert.ok(host);
    world.host.served.splice(1, 1);
    await world.inventory.session('lab')?.refresh();
    await world.turn();
    assert.deepEqual(draw(world.model, host), ['vm-1', 'vm-3']);
    world.inventory.dispose();
  });
});
