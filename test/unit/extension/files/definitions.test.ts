import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/base/event.ts';
import {
  Definitions,
  type DefinitionChange,
  type DefinitionKey,
} from '../../../../src/extension/files/definitions.ts';
import { HostGate } from '../../../../src/extension/files/hostGate.ts';
import { readDefinition } from '../../../../src/operations/definition.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import { domainLifecycle, domainXmlFlag } from '../../../../src/libvirt/constants.ts';
import { TransportError } from '../../../../src/libvirt/errors.ts';
import { connectListAllStoragePools } from '../../../../src/libvirt/protocol/connect.ts';
import {
  domainGetXmlDesc,
  domainListAllSnapshots,
} from '../../../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../../../src/libvirt/protocol/events.ts';
import { notSupported } from '../../../fakes/refusal.ts';
import { plainL10n } from '../../../fakes/plainL10n.ts';
import { createServedHost, turn, uuidOf, type ServedHost } from '../../inventory/servedHost.ts';

interface World extends ServedHost {
  readonly definitions: Definitions;
  readonly inventory: Inventory;
  readonly settingsRead: Emitter<void>;
  readonly changes: DefinitionChange[];
  readonly xml: { inactive: string; live: string };
}

function createWorld(): World {
  const host = createServedHost(2);
  const xml = { inactive: '<domain/>', live: '<domain id="1"/>' };
  host.daemon
    .handle(domainGetXmlDesc, ({ flags }) => ({
      xml: flags === domainXmlFlag.inactive ? xml.inactive : xml.live,
    }))
    .handle(domainListAllSnapshots, () => {
      throw notSupported('virDomainListAllSnapshots');
    });
  const inventory = new Inventory(host.clock);
  const settingsRead = new Emitter<void>();
  const gate = new HostGate({
    inventory,
    onDidReadSettings: settingsRead.event,
    clock: host.clock,
    l10n: plainL10n,
  });
  const definitions = new Definitions({
    inventory,
    gate,
    read: (session, uuid, which) => readDefinition(session, uuid, { which }),
    clock: host.clock,
    l10n: plainL10n,
  });
  const changes: DefinitionChange[] = [];
  definitions.onDidChange((made) => changes.push(...made));
  return { ...host, definitions, inventory, settingsRead, changes, xml };
}

async function connectedWorld(): Promise<World> {
  const world = createWorld();
  world.inventory.add(world.session, { samplesInBackground: false });
  world.session.connect();
  await turn(world);
  return world;
}

function textOf(read: Awaited<ReturnType<Definitions['read']>>): string {
  return read.kind === 'found' ? Buffer.from(read.bytes).toString('utf8') : read.kind;
}

function lifecycle(world: World, event: number): void {
  world.daemon.sendEvent(domainLifecycleEvent, {
    callbackID: 0,
    msg: { dom: world.served[0]!.wire, event, detail: 0 },
  });
}

const inactive: DefinitionKey = { host: 'lab', uuid: uuidOf(1), view: 'inactive' };
const live: DefinitionKey = { ...inactive, view: 'live' };

describe('definitions', () => {
  let world: World;

  afterEach(() => {
    world.definitions.dispose();
    world.inventory.dispose();
  });

  it('are read as they are, without secrets', async () => {
    world = await connectedWorld();
    assert.equal(textOf(await world.definitions.read(inactive)), '<domain/>');
    assert.equal(textOf(await world.definitions.read(live)), '<domain id="1"/>');
    const flags = world.daemon.calls
      .filter(({ procedure }) => procedure === domainGetXmlDesc)
      .map(({ args }) => (args as { flags: number }).flags & domainXmlFlag.secure);
    assert.deepEqual(flags, [0, 0]);
  });

  it('are newer when they are different, and only then', async () => {
    world = await connectedWorld();
    const first = await world.definitions.read(inactive);
    await world.clock.advance(1_000);
    assert.deepEqual(await world.definitions.read(inactive), first);
    world.xml.inactive = '<other/>';
    const second = await world.definitions.read(inactive);
    assert.ok(first.kind === 'found' && second.kind === 'found');
    assert.equal(second.changedAt - first.changedAt, 1_000);
    assert.equal(second.createdAt, first.createdAt);
  });

  it('are read as soon as the VMs are known, however long the pools take', async () => {
    world = createWorld();
    world.daemon.handle(connectListAllStoragePools, () => ({ pools: [], ret: 0 }));
    const hold = world.daemon.hold(connectListAllStoragePools);
    world.inventory.add(world.session, { samplesInBackground: false });
    world.session.connect();
    const read = world.definitions.read(inactive).then(textOf);
    await turn(world);
    await world.clock.advance(100); // changes are told together
    assert.equal(world.session.snapshot.readAt, undefined);
    assert.equal(await Promise.race([read, turn(world)]), '<domain/>');
    hold.release();
  });

  it('of an unknown VM are absent', async () => {
    world = await connectedWorld();
    const unknown = { ...inactive, uuid: uuidOf(99) };
    assert.deepEqual(await world.definitions.read(unknown), { kind: 'absent' });
  });

  it('of the running instance are absent while it is off', async () => {
    world = createWorld();
    world.served[0]!.state = 5;
    world.inventory.add(world.session, { samplesInBackground: false });
    world.session.connect();
    await turn(world);
    assert.deepEqual(await world.definitions.read(live), { kind: 'absent' });
  });

  it('tell of changes while they are watched', async () => {
    world = await connectedWorld();
    await world.definitions.read(inactive);
    const watch = world.definitions.watch(inactive);
    await turn(world);
    assert.deepEqual(world.changes, [], 'nothing changed yet');
    world.xml.inactive = '<other/>';
    lifecycle(world, domainLifecycle.defined);
    await world.clock.advance(1_000);
    assert.deepEqual(world.changes, [{ key: inactive, kind: 'changed' }]);
    watch.dispose();
    world.xml.inactive = '<third/>';
    lifecycle(world, domainLifecycle.defined);
    await world.clock.advance(1_000);
    assert.equal(world.changes.length, 1);
  });

  it('are deleted with the VM', async () => {
    world = await connectedWorld();
    await world.definitions.read(inactive);
    world.definitions.watch(inactive);
    await turn(world);
    world.served[0]!.state = 5;
    lifecycle(world, domainLifecycle.stopped);
    await turn(world);
    world.served.shift();
    world.daemon.sendEvent(domainLifecycleEvent, {
      callbackID: 0,
      msg: {
        dom: { name: 'vm-1', uuid: Buffer.from(uuidOf(1).replaceAll('-', ''), 'hex'), id: -1 },
        event: domainLifecycle.undefined,
        detail: 0,
      },
    });
    await turn(world);
    assert.deepEqual(world.changes, [{ key: inactive, kind: 'deleted' }]);
  });

  it('wait for the settings and for the host of a document that was restored', async () => {
    world = createWorld();
    const reading = world.definitions.read(inactive);
    await turn(world);
    world.inventory.add(world.session, { samplesInBackground: false });
    world.session.connect();
    world.settingsRead.fire();
    assert.equal(textOf(await reading), '<domain/>');
  });

  it('cannot be read of a host that nobody connects, and say so at once', async () => {
    world = createWorld();
    world.inventory.add(world.session, { samplesInBackground: false });
    world.settingsRead.fire();
    assert.deepEqual(await world.definitions.read(inactive), {
      kind: 'unavailable',
      reason: 'lab is not connected. Connect it in the Hosts view, then try again.',
    });
  });

  it('cannot be read of a host that cannot be reached, and say why', async () => {
    world = createWorld();
    world.daemon.unreachable = new TransportError('absent', 'There is no socket.');
    world.inventory.add(world.session, { samplesInBackground: false });
    world.session.connect();
    assert.deepEqual(await world.definitions.read(inactive), {
      kind: 'unavailable',
      reason: 'lab is not connected: There is no socket.',
    });
  });

  it('cannot be read of a host that the settings do not name', async () => {
    world = createWorld();
    const reading = world.definitions.read({ ...inactive, host: 'gone' });
    world.settingsRead.fire();
    assert.deepEqual(await reading, {
      kind: 'unavailable',
      reason: 'No host named "gone" is in the settings (vmDeck.hosts).',
    });
  });

  it('are not waited for longer than a few seconds', async () => {
    world = createWorld();
    const reading = world.definitions.read(inactive);
    await world.clock.advance(10_000);
    assert.equal((await reading).kind, 'unavailable');
    assert.equal(world.clock.pendingTimers, 0);
  });
});
