import assert from 'node:assert/strict';
import * as v8 from 'node:v8';
import { CancelledError } from '../../../src/base/errors.ts';
import { Inventory } from '../../../src/inventory/inventory.ts';
import { createSharing } from '../../../src/inventory/sharing.ts';
import { domainLifecycle } from '../../../src/libvirt/constants.ts';
import { TransportError } from '../../../src/libvirt/errors.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import {
  domainHasManagedSaveImage,
  domainLookupByUuid,
} from '../../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { connected, createServedHost, serve, turn, uuidOf, type ServedHost } from './servedHost.ts';

const absent = new TransportError('absent', 'There is no socket.');

function sendLifecycle(host: ServedHost, index: number, event: number, detail = 0): void {
  const dom = host.served.find(({ wire }) => wire.id === index)?.wire ?? serve(index).wire;
  host.daemon.sendEvent(domainLifecycleEvent, { callbackID: 0, msg: { dom, event, detail } });
}

describe('a host session', () => {
  it('subscribes before it reads, and knows every VM then', async () => {
    const host = await connected(createServedHost(3));
    const names = host.daemon.calls.map((call) => call.procedure.name);
    assert.ok(
      names.indexOf('connectDomainEventCallbackRegisterAny') <
        names.indexOf('connectListAllDomains'),
    );
    const { domains, problems } = host.session.snapshot;
    assert.deepEqual(
      [...domains.values()].map(({ name, state, vcpus, memoryKiB }) => [
        name,
        state,
        vcpus,
        memoryKiB,
      ]),
      [1, 2, 3].map((index) => [`vm-${index}`, 'running', 2, 1_024]),
    );
    assert.equal(problems.length, 3, 'host, networks and pools are refused, and said so');
    host.session.dispose();
  });

  it('counts as connected once its VMs are known, however long its pools take', async () => {
    const host = createServedHost(2);
    host.daemon.handle(connect.connectListAllStoragePools, () => ({ pools: [], ret: 0 }));
    const hold = host.daemon.hold(connect.connectListAllStoragePools);
    let isReady = false;
    void host.session.whenReady().then(() => (isReady = true));
    const kinds: string[] = [];
    host.session.onDidChange((changes) => {
      kinds.push(...changes.map(({ kind }) => kind));
    });
    host.session.connect();
    await turn(host);
    assert.equal(host.session.snapshot.status.state, 'connected');
    assert.equal(host.session.snapshot.domains.size, 2);
    assert.equal(host.session.snapshot.readAt, undefined);
    assert.ok(!isReady);
    hold.release();
    await turn(host);
    assert.notEqual(host.session.snapshot.readAt, undefined);
    assert.ok(isReady);
    assert.equal(kinds.filter((kind) => kind === 'read').length, 1);
    host.session.dispose();
  });

  it('is read when the readings of other hosts leave it a place, or take long', async () => {
    const clock = new FakeClock();
    const sharing = createSharing(clock);
    const hosts = Array.from({ length: 9 }, () => createServedHost(1, { sharing }, clock));
    const holds = hosts.map(({ daemon }) => daemon.hold(connect.connectListAllDomains));
    for (const { session } of hosts) {
      session.connect();
    }
    const asked = (): number =>
      hosts.filter(({ daemon }) =>
        daemon.calls.some(({ procedure }) => procedure === connect.connectListAllDomains),
      ).length;
    await settle(20);
    assert.equal(asked(), 8);
    const last = hosts[8]!;
    const refreshed = last.session.refresh(); // what waits for its place reads it
    await clock.advance(249);
    await settle(20);
    assert.equal(asked(), 8);
    await clock.advance(1);
    await settle(20);
    assert.equal(asked(), 9);
    for (const hold of holds) {
      hold.release();
    }
    await refreshed;
    const lists = (host: ServedHost): number =>
      host.daemon.callsOf(connect.connectListAllDomains).length;
    assert.equal(lists(last), lists(hosts[0]!));
    for (const { session } of hosts) {
      session.dispose();
    }
    await settle(20);
    assert.equal(clock.pendingTimers, 0);
  });

  it('asks a person only if one waits, and again at once for one who came too late for an attempt', async () => {
    const host = createServedHost(1);
    host.daemon.unreachable = new TransportError('login', 'No key was accepted.');
    const asked = (): readonly unknown[] => host.daemon.dials.map(({ mayAsk }) => mayAsk);
    host.session.connect({ mayAsk: false });
    await turn(host);
    assert.deepEqual(asked(), [false]);
    host.session.connect();
    await turn(host);
    assert.deepEqual(asked(), [false, true]);
    host.session.wake();
    await turn(host);
    assert.deepEqual(asked(), [false, true, false], 'a machine that woke asks nobody');
    host.session.wake();
    host.session.connect(); // while that attempt is under way
    await turn(host);
    assert.deepEqual(asked().slice(3), [true]);
    host.session.dispose();
  });

  it('backs off from a host that is not there, and tries at once when asked or woken', async () => {
    const host = createServedHost(1);
    host.daemon.unreachable = absent;
    host.session.connect();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      await turn(host);
      const { status } = host.session.snapshot;
      assert.ok(status.state === 'disconnected' && status.cause === absent.message);
      assert.equal(status.kind, 'absent');
      waits.push(status.retryAt - host.clock.now());
      await host.clock.advance(waits.at(-1)!);
    }
    assert.deepEqual(waits, [750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000]);
    await turn(host);
    const dials = host.daemon.dials.length;
    host.session.wake();
    await turn(host);
    assert.equal(host.daemon.dials.length, dials + 1);
    host.daemon.start();
    await connected(host);
    host.session.dispose();
  });

  it('a refusal waits for a person', async () => {
    const host = createServedHost(1);
    host.daemon.unreachable = new TransportError('permission', 'Join the group libvirt.');
    host.session.connect();
    await turn(host);
    assert.deepEqual(host.session.snapshot.status, {
      state: 'needsAttention',
      kind: 'permission',
      cause: 'Join the group libvirt.',
    });
    await host.clock.advance(3_600_000);
    assert.equal(host.daemon.dials.length, 1);
    host.daemon.start();
    await connected(host);
    host.session.dispose();
  });

  it('looks read-only where it may, if the caller accepts that', async () => {
    const host = createServedHost(1, { allowReadOnly: true });
    host.daemon.auth = 'polkitRefused';
    host.session.connect();
    await turn(host);
    assert.deepEqual(
      host.daemon.dials.map(({ readOnly }) => readOnly),
      [false, true],
    );
    assert.match(JSON.stringify(host.session.snapshot.status), /polkit on the host did not let us/);
    host.session.dispose();
  });

  it('a daemon that hangs is noticed within 5 s; its return makes everything be read', async () => {
    const host = await connected(createServedHost(1));
    for (const connection of host.daemon.connections) {
      connection.freeze();
    }
    const hold = host.daemon.hold(connect.authList);
    await host.clock.advance(5_000);
    await turn(host);
    assert.equal(host.session.snapshot.status.state, 'degraded');
    assert.equal(host.session.snapshot.domains.size, 1, 'what was known stands');
    const reads = host.daemon.callsOf(connect.connectListAllDomains).length;
    hold.release();
    host.daemon.accepted[0]!.thaw();
    await turn(host);
    assert.equal(host.session.snapshot.status.state, 'connected');
    assert.ok(host.daemon.callsOf(connect.connectListAllDomains).length > reads);
    host.session.dispose();
  });

  it('a daemon that hung before it told of its VMs is connected when it has told of them', async () => {
    const host = createServedHost(1);
    const list = host.daemon.hold(connect.connectGetAllDomainStats);
    host.session.connect();
    await turn(host);
    for (const connection of host.daemon.connections) {
      connection.freeze();
    }
    const login = host.daemon.hold(connect.authList);
    await host.clock.advance(5_000);
    await turn(host);
    const state = (): string => host.session.snapshot.status.state;
    assert.equal(state(), 'degraded');
    login.release();
    host.daemon.accepted[0]!.thaw();
    await host.clock.advance(2_000);
    await turn(host);
    assert.equal(state(), 'connecting');
    list.release();
    await turn(host);
    assert.equal(state(), 'connected');
    assert.equal(host.session.snapshot.domains.size, 1);
    host.session.dispose();
  });

  it('a connection that is silent while the daemon is well is replaced', async () => {
    const host = await connected(createServedHost(1));
    host.daemon.accepted[0]!.freeze();
    await host.clock.advance(5_000);
    await turn(host);
    assert.equal(host.session.snapshot.status.state, 'connected');
    assert.ok(host.daemon.accepted[0]!.isClosed);
    host.session.dispose();
  });

  it('an event during a reading is not overwritten by the older list', async () => {
    const host = createServedHost(2);
    const hold = host.daemon.hold(connect.connectGetAllDomainStats);
    host.session.connect();
    await turn(host);
    sendLifecycle(host, 1, domainLifecycle.suspended);
    await turn(host);
    hold.release();
    await turn(host);
    const state = (): string | undefined => host.session.snapshot.domains.get(uuidOf(1))?.state;
    assert.equal(state(), 'paused');
    host.served[0]!.state = 3;
    await host.clock.advance(100);
    await turn(host);
    assert.equal(state(), 'paused');
    assert.equal(host.session.snapshot.domains.size, 2);
    host.session.dispose();
  });

  it('an event during the reading of its VM is not overwritten by that reading', async () => {
    const host = await connected(createServedHost(1));
    const hold = host.daemon.hold(domainHasManagedSaveImage);
    const reading = host.session.refreshDomain(uuidOf(1));
    await turn(host);
    assert.equal(hold.waiting, 1, 'its state was read: running');
    const states: (string | undefined)[] = [];
    host.session.onDidChange(() => {
      states.push(host.session.snapshot.domains.get(uuidOf(1))?.state);
    });
    host.served[0]!.state = 3;
    sendLifecycle(host, 1, domainLifecycle.suspended);
    await turn(host);
    hold.release();
    await turn(host);
    await reading;
    assert.ok(states.length > 0 && states.every((state) => state === 'paused'), states.join());
    host.session.dispose();
  });

  it('what was read of a VM during a reading of all is not overwritten by the older lists', async () => {
    const host = await connected(createServedHost(1));
    const hold = host.daemon.hold(connect.connectGetAllDomainStats);
    const reading = host.session.refresh();
    await turn(host);
    assert.ok(hold.waiting > 0, 'the list of those that start with the host was read: none');
    host.served[0]!.autostart = true;
    await host.session.refreshDomain(uuidOf(1));
    hold.release();
    await turn(host);
    await reading;
    assert.equal(host.session.snapshot.domains.get(uuidOf(1))?.autostart, true);
    host.session.dispose();
  });

  it('an event that cannot be makes everything be read again; a burst does so once', async () => {
    const host = await connected(createServedHost(80));
    const lists = (): number => host.daemon.callsOf(connect.connectListAllDomains).length;
    const before = lists();
    sendLifecycle(host, 99, domainLifecycle.stopped);
    await turn(host);
    assert.equal(
      lists(),
      before + 4,
      'one reading is four lists, and two calls for states and figures',
    );
    for (let index = 1; index <= 80; index++) {
      sendLifecycle(host, index, domainLifecycle.resumed);
    }
    await host.clock.advance(100);
    await turn(host);
    assert.equal(lists(), before + 8);
    assert.equal(host.daemon.callsOf(domainLookupByUuid).length, 0);
    host.session.dispose();
  });

  it('reads again every minute, but only while somebody looks', async () => {
    const host = await connected(createServedHost(1));
    host.served[0]!.autostart = true;
    const autostart = (): boolean | undefined =>
      host.session.snapshot.domains.get(uuidOf(1))?.autostart;
    await host.clock.advance(120_000);
    await turn(host);
    assert.equal(autostart(), false);
    const looking = host.session.observe({ intervalMs: 2_000, groups: 0, isVisible: true });
    await host.clock.advance(60_000);
    await turn(host);
    assert.equal(autostart(), true);
    looking.dispose();
    host.session.dispose();
  });

  it('keeps the picture while disconnected, and leaves nothing behind at the end', async () => {
    const host = await connected(createServedHost(2));
    host.session.observe({ intervalMs: 2_000, groups: 2, isVisible: true });
    host.session.openDomain(uuidOf(1));
    await host.clock.advance(10_000);
    await turn(host);
    assert.equal(host.session.sampler.domain(uuidOf(1))?.cpuCores, 0);
    host.daemon.stop();
    await turn(host);
    assert.equal(host.session.snapshot.status.state, 'disconnected');
    assert.equal(host.session.snapshot.domains.size, 2);
    host.session.disconnect();
    await turn(host);
    assert.deepEqual(host.session.snapshot.status, { state: 'idle' });
    host.session.dispose();
    host.session.dispose();
    await turn(host);
    assert.equal(host.clock.pendingTimers, 0);
    assert.equal(host.daemon.connections.length, 0);
    await assert.rejects(host.session.refresh(), TransportError);
  });

  it('leaves nothing behind of a connection that was lost, however often', async function () {
    // What is looked through for signals is the heap of all tests
    this.timeout(60_000);
    const host = await connected(createServedHost(1));
    const loseAndComeBack = async (): Promise<void> => {
      host.daemon.stop();
      await turn(host);
      host.daemon.start();
      await host.clock.advance(2_000);
      await connected(host);
    };
    const signals = (): number => v8.queryObjects(AbortSignal, { format: 'count' });
    await loseAndComeBack();
    const before = signals();
    for (let lost = 0; lost < 10; lost++) {
      await loseAndComeBack();
    }
    // The fake daemon remembers each connection, and with it one of ours
    assert.ok(signals() - before <= 10, `${signals() - before} signals more`);
    host.session.dispose();
  });

  it('is not waited for by somebody who gave up before', async () => {
    const host = createServedHost(1);
    await assert.rejects(
      host.session.whenReady(AbortSignal.abort(new CancelledError('Waiting'))),
      CancelledError,
    );
    host.session.dispose();
  });

  it('disconnected while it connects, it stays so', async () => {
    const host = createServedHost(1);
    const hold = host.daemon.hold(connect.connectOpen);
    host.session.connect();
    await turn(host);
    host.session.disconnect();
    hold.release();
    await turn(host);
    assert.deepEqual(host.session.snapshot.status, { state: 'idle' });
    assert.equal(host.daemon.connections.length, 0);
    host.session.dispose();
    await turn(host);
    assert.equal(host.clock.pendingTimers, 0);
  });
});

describe('an inventory', () => {
  it('runs nothing before the first host and after the last', () => {
    const host = createServedHost(1);
    const inventory = new Inventory(host.clock);
    const timers = (): number => host.clock.pendingTimers;
    const looking = inventory.observe({ intervalMs: 2_000, groups: 1, isVisible: true });
    assert.equal(timers(), 0);
    inventory.add(host.session, { samplesInBackground: true });
    assert.ok(timers() > 0, 'a sleep of the machine is watched for');
    inventory.remove(host.session.name);
    assert.equal(timers(), 0);
    looking.dispose();
    inventory.dispose();
  });

  it('wakes its hosts when the machine slept', async () => {
    const host = createServedHost(1);
    const inventory = new Inventory(host.clock);
    inventory.add(host.session, { samplesInBackground: false });
    // Nothing but a person or a wake makes it try again
    host.daemon.unreachable = new TransportError('permission', 'Join the group libvirt.');
    host.session.connect();
    await turn(host);
    assert.equal(host.daemon.dials.length, 1);
    host.clock.jump(3_600_000);
    await host.clock.advance(2_000);
    await turn(host);
    assert.equal(host.daemon.dials.length, 2);
    inventory.dispose();
  });

  it('a host that hangs delays no other; each change has a revision', async () => {
    const hung = createServedHost(1, { name: 'hung' });
    const well = createServedHost(2, { name: 'well' });
    hung.daemon.hold(connect.authList);
    const inventory = new Inventory(well.clock);
    const revisions: number[] = [];
    inventory.onDidChange(({ revision }) => {
      revisions.push(revision);
    });
    inventory.add(hung.session, { samplesInBackground: true });
    inventory.add(well.session, { samplesInBackground: true });
    assert.throws(() => {
      inventory.add(well.session, { samplesInBackground: false });
    }, RangeError);
    for (const session of inventory.sessions) {
      session.connect();
    }
    await turn(well);
    assert.deepEqual(
      inventory.hosts.map((host) => [host.name, host.status.state, host.domains.size]),
      [
        ['hung', 'connecting', 0],
        ['well', 'connected', 2],
      ],
    );
    assert.deepEqual(
      revisions,
      revisions.map((_, index) => index + 1),
    );
    assert.notEqual(inventory.session('well')?.sampler.domain(uuidOf(1)), undefined);
    inventory.remove('well');
    assert.equal(inventory.session('well'), undefined);
    inventory.dispose();
    await turn(hung);
    assert.equal(well.clock.pendingTimers + hung.clock.pendingTimers, 0);
  });
});
