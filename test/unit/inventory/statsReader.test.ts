import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import { HostLink } from '../../../src/inventory/hostLink.ts';
import { StatsReader } from '../../../src/inventory/statsReader.ts';
import { controlState, statsNoWait } from '../../../src/libvirt/constants.ts';
import { TransportError } from '../../../src/libvirt/errors.ts';
import { authList, connectGetAllDomainStats } from '../../../src/libvirt/protocol/connect.ts';
import { domainGetControlInfo } from '../../../src/libvirt/protocol/domain.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import type { Domain } from '../../../src/model/domain.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import type { FakeConnection } from '../../fakes/fakeConnection.ts';
import { FakeDaemon } from '../../fakes/fakeDaemon.ts';
import { unanswered } from '../../fakes/servedCall.ts';
import { aRunningDomain } from './aDomain.ts';
import { serve, uuidOf } from './servedHost.ts';

const groups = 6;

/** A call for statistics that the daemon holds. */
interface HeldCall {
  readonly server: FakeConnection;
  readonly serial: number;
  readonly ids: readonly number[];
}

function vm(id: number): Domain {
  return aRunningDomain({ id, uuid: uuidOf(id), name: `vm-${id}` });
}

describe('the reader of statistics', () => {
  let daemon: FakeDaemon;
  let clock: FakeClock;
  let link: HostLink;
  let reader: StatsReader;
  /** Ids of VMs whose QEMU hangs. */
  let hung: Set<number>;
  let held: HeldCall[];
  let records: number[];
  let answering: (readonly [number, number | undefined])[];

  beforeEach(async () => {
    daemon = new FakeDaemon();
    clock = new FakeClock();
    hung = new Set();
    held = [];
    records = [];
    answering = [];
    daemon
      .handle(connectGetAllDomainStats, ({ doms }, { connection, serial }) => {
        const ids = doms.map(({ id }) => id);
        if (ids.some((id) => hung.has(id))) {
          held.push({ server: connection, serial, ids });
          return unanswered;
        }
        return statsOf(ids);
      })
      // The daemon is stuck at the first that hangs of each call; of the others it knows nothing yet
      .handle(domainGetControlInfo, ({ dom }) => ({
        state: held.some(({ ids }) => ids.find((id) => hung.has(id)) === dom.id)
          ? controlState.occupied
          : 0,
        details: 0,
        stateTime: 0n,
      }));
    link = await HostLink.open({
      uri: parseHostUri('qemu:///system'),
      dialer: daemon.dialer,
      clock,
      log: silentLog,
      readOnly: false,
    });
    reader = createReader();
  });

  afterEach(async () => {
    link.close();
    await settle();
    assert.equal(clock.pendingTimers, 0);
  });

  function createReader(): StatsReader {
    const idOf = (uuid: string): number => Number(uuid.slice(-12));
    return new StatsReader({
      fast: link.fast,
      callSlow: (procedure, args, options) => link.callSlow(procedure, args, options),
      clock,
      log: silentLog,
      onRecord: (uuid) => {
        records.push(idOf(uuid));
      },
      onAnswering: (uuid, since) => {
        answering.push([idOf(uuid), since]);
      },
    });
  }

  function statsOf(ids: readonly number[]): { readonly retStats: StatsRecord[] } {
    return { retStats: ids.map((id) => ({ dom: serve(id).wire, params: [] })) };
  }

  function vms(...ids: readonly number[]): readonly Domain[] {
    return ids.map(vm);
  }

  function range(count: number): readonly Domain[] {
    return Array.from({ length: count }, (_, index) => vm(index + 1));
  }

  /** Reads, letting as much time pass as it takes; gives the milliseconds and who was read. */
  async function read(domains: readonly Domain[]): Promise<{ ms: number; read: number[] }> {
    const started = clock.monotonic();
    records = [];
    const state = { isOver: false };
    const reading = reader.read(domains, groups).then(() => {
      state.isOver = true;
    });
    await settle(10);
    while (!state.isOver) {
      await clock.advance(50);
    }
    await reading;
    return { ms: clock.monotonic() - started, read: records.toSorted((a, b) => a - b) };
  }

  /** The QEMUs go on, and the daemon answers what it held. */
  async function recover(...ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      hung.delete(id);
    }
    for (const call of held.filter((each) => !each.ids.some((id) => hung.has(id)))) {
      held.splice(held.indexOf(call), 1);
      if (!call.server.isClosed) {
        call.server.reply(connectGetAllDomainStats, call.serial, statsOf(call.ids));
      }
    }
    await settle(5);
  }

  function askedOf(from: number): (readonly number[])[] {
    return daemon
      .callsOf(connectGetAllDomainStats)
      .slice(from)
      .map(({ doms }) => doms.map(({ id }) => id));
  }

  it('asks for the wanted groups, without waiting, in batches of equal size, two at a time', async () => {
    const hold = daemon.hold(connectGetAllDomainStats);
    const reading = reader.read(range(10), groups);
    await settle(5);
    assert.equal(hold.waiting, 2);
    hold.release();
    await reading;
    assert.deepEqual(
      daemon
        .callsOf(connectGetAllDomainStats)
        .map(({ doms, stats, flags }) => [doms.length, stats, flags]),
      [
        [5, groups, statsNoWait],
        [5, groups, statsNoWait],
      ],
    );
    const before = daemon.calls.length;
    await read(range(2_000));
    const sizes = askedOf(2).map(({ length }) => length);
    assert.ok(Math.max(...sizes) <= 64 && sizes.length === 32, sizes.join());
    await read([]);
    assert.equal(daemon.calls.length, before + 32);
    assert.equal(daemon.accepted.length, 1, 'all over the fast connection');
  });

  it('one that hangs costs the others of its batch a moment, once; then it is left alone', async () => {
    hung.add(2);
    const startedAt = clock.now();
    const first = await read(range(6));
    assert.deepEqual(first.read, [1, 3, 4, 5, 6]);
    assert.ok(first.ms >= 600 && first.ms <= 1_200, `${first.ms} ms`);
    assert.deepEqual(answering, [[2, startedAt]]);
    const before = daemon.callsOf(connectGetAllDomainStats).length;
    const second = await read(range(6));
    assert.deepEqual(second.read, [1, 3, 4, 5, 6]);
    assert.equal(second.ms, 0);
    assert.ok(!askedOf(before).flat().includes(2), 'the call that hangs is its watch');
    assert.equal(answering.length, 1);
  });

  it('its return is known at once, and counts; it is asked by itself for a while', async () => {
    hung.add(2);
    await read(range(3));
    records = [];
    await recover(2);
    assert.deepEqual(answering.at(-1), [2, undefined]);
    assert.ok(records.includes(2));
    const before = daemon.callsOf(connectGetAllDomainStats).length;
    assert.deepEqual((await read(range(3))).read, [1, 2, 3]);
    assert.deepEqual(
      askedOf(before).toSorted((a, b) => a.length - b.length),
      [[2], [1, 3]],
    );
    await clock.advance(10_000);
    const later = daemon.callsOf(connectGetAllDomainStats).length;
    await read(range(3));
    assert.deepEqual(
      askedOf(later).map(({ length }) => length),
      [3],
    );
  });

  it('a batch that comes back while it is found out who hangs leaves nobody marked', async () => {
    hung.add(2);
    const control = daemon.hold(domainGetControlInfo);
    const reading = reader.read(range(3), groups);
    await clock.advance(600);
    assert.equal(control.waiting, 3);
    await recover(2);
    // What the daemon told of the moment before is late
    hung.add(2);
    held.push({ server: daemon.accepted[0]!, serial: 0, ids: [2] });
    control.release();
    await settle(5);
    held = [];
    hung.clear();
    await clock.advance(1_000);
    await reading;
    assert.deepEqual(answering, []);
    assert.deepEqual((await read(range(3))).read, [1, 2, 3]);
  });

  it('with both places of the fast connection held by batches that hang, it asks over another', async () => {
    hung.add(1).add(9);
    await read(range(16));
    assert.deepEqual(
      answering.map(([id]) => id).toSorted((a, b) => a - b),
      [1, 9],
    );
    const { read: ids } = await read(range(16));
    assert.equal(ids.length, 14);
    const [fast, ...slow] = daemon.accepted.map(({ inFlight }) => inFlight);
    assert.equal(fast, 2);
    assert.ok(slow.every((count) => count === 0));
  });

  it('more that hang than may be waited for: the rest is not asked, and not called hung', async () => {
    for (let id = 1; id <= 20; id++) {
      hung.add(id);
    }
    for (let tick = 0; tick < 4; tick++) {
      await read(range(20));
    }
    const marked = new Set(answering.map(([id]) => id));
    const inFlight = daemon.accepted.map((server) => server.inFlight);
    assert.deepEqual(inFlight, [2, 4, 4, 4]);
    assert.ok(marked.size >= 12 && marked.size <= 14, `${marked.size} are known to hang`);
    assert.equal(answering.length, marked.size);
    await recover(...hung);
    assert.deepEqual(
      (await read(range(20))).read,
      range(20).map(({ id }) => id),
    );
    assert.equal(answering.filter(([, since]) => since === undefined).length, marked.size);
  });

  it('whose watch was lost with its connection is asked again', async () => {
    hung.add(2);
    const domains = vms(1, 2, 3);
    await read(domains);
    assert.equal(answering.length, 1);
    // The batch's call is the watch and lies on the fast connection; make it lie on a slow one
    await recover(2);
    hung.add(2);
    await read(domains);
    assert.deepEqual(
      answering.map(([id, since]) => [id, since !== undefined]),
      [
        [2, true],
        [2, false],
        [2, true],
      ],
    );
    const slow = held.at(-1)!.server;
    assert.notEqual(slow, daemon.accepted[0]);
    slow.drop();
    await settle(5);
    hung.delete(2);
    assert.deepEqual((await read(domains)).read, [1, 2, 3]);
    assert.deepEqual(answering.at(-1), [2, undefined]);
  });

  it('no connection to ask over does not make a VM hang', async () => {
    hung.add(2);
    daemon.unreachable = new TransportError('refused', 'The daemon has too many clients.');
    await read(range(3));
    assert.deepEqual(
      answering.map(([id]) => id),
      [2],
      'the daemon says that it is stuck at it',
    );
    daemon.start();
    assert.deepEqual((await read(range(3))).read, [1, 3]);
    await recover(2);
    assert.deepEqual((await read(range(3))).read, [1, 2, 3]);
  });

  it('nor does one that does not open in time', async () => {
    hung.add(2);
    const hold = daemon.hold(authList);
    await read(range(3));
    assert.deepEqual(
      answering.map(([id]) => id),
      [2],
    );
    hold.release();
    await settle(5);
    assert.deepEqual((await read(range(3))).read, [1, 3]);
  });

  it('one that hung when the host was lost is asked by itself when it is back, and is known to answer', async () => {
    const before = { ...vm(2), notAnsweringSince: clock.now() - 60_000 };
    const domains = [vm(1), before, vm(3)];
    hung.add(2);
    const first = await read(domains);
    assert.deepEqual(first.read, [1, 3]);
    assert.equal(askedOf(0).length, 2, 'nobody had to wait for it');
    assert.deepEqual(answering, [], 'no news');
    await recover(2);
    assert.deepEqual(answering, [[2, undefined]]);
  });

  it('a VM that stopped is forgotten', async () => {
    hung.add(2);
    await read(range(3));
    await read(vms(1, 3));
    await recover(2);
    assert.equal(answering.length, 1, 'it is another one by now');
    const before = daemon.callsOf(connectGetAllDomainStats).length;
    await read(range(3));
    assert.deepEqual(
      askedOf(before).map(({ length }) => length),
      [3],
    );
  });

  it('waits longer for a daemon that is slow as a rule', async () => {
    daemon.handle(connectGetAllDomainStats, async ({ doms }) => {
      await new Promise<void>((resolve) => {
        clock.after(400, resolve);
      });
      return statsOf(doms.map(({ id }) => id));
    });
    for (let tick = 0; tick < 4; tick++) {
      await read(range(4));
    }
    hung.add(1);
    daemon.handle(connectGetAllDomainStats, () => unanswered);
    const reading = reader.read(range(4), groups);
    await clock.advance(1_000);
    assert.equal(daemon.callsOf(domainGetControlInfo).length, 0, 'not given up after 600 ms');
    await clock.advance(5_000);
    await reading;
    assert.ok(daemon.callsOf(domainGetControlInfo).length > 0);
  });
});

interface StatsRecord {
  readonly dom: ReturnType<typeof serve>['wire'];
  readonly params: [];
}
