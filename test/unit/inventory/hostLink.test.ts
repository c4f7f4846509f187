import assert from 'node:assert/strict';
import { CancelledError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { HostLink } from '../../../src/inventory/hostLink.ts';
import { TransportError } from '../../../src/libvirt/errors.ts';
import { openConnection } from '../../../src/libvirt/openConnection.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import { domainOpenConsole, domainSuspend } from '../../../src/libvirt/protocol/domain.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { failureOf } from '../../fakes/connected.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import type { FakeConnection } from '../../fakes/fakeConnection.ts';
import { FakeDaemon } from '../../fakes/fakeDaemon.ts';
import { unanswered } from '../../fakes/servedCall.ts';
import { serve } from './servedHost.ts';

const uri = parseHostUri('qemu:///system');

describe('the connections to a host', () => {
  let daemon: FakeDaemon;
  let clock: FakeClock;
  let link: HostLink;
  /** Ids of the VMs a call about which never returns. */
  let hung: Set<number>;

  beforeEach(async () => {
    daemon = new FakeDaemon();
    clock = new FakeClock();
    hung = new Set();
    daemon
      .handle(domainSuspend, ({ dom }) => (hung.has(dom.id) ? unanswered : undefined))
      .handle(connect.connectGetType, () => ({ type: 'QEMU' }));
    link = await HostLink.open({
      uri,
      dialer: daemon.dialer,
      clock,
      log: silentLog,
      readOnly: false,
    });
  });

  afterEach(async () => {
    link.close();
    await settle();
    assert.equal(daemon.connections.length, 0);
    assert.equal(clock.pendingTimers, 0);
  });

  function suspend(id: number, options: Parameters<HostLink['callSlow']>[2] = {}): Promise<void> {
    return link.callSlow(domainSuspend, { dom: serve(id).wire }, options);
  }

  /** Calls about VMs that hang, given up by us and held by the daemon. */
  async function hang(count: number, first = 1): Promise<void> {
    const calls = Array.from({ length: count }, (_, index) => {
      hung.add(first + index);
      return failureOf(suspend(first + index, { deadlineMs: 500 }));
    });
    await clock.advance(500);
    for (const error of await Promise.all(calls)) {
      assert.ok(error instanceof TransportError && error.outcome === 'unknown', String(error));
    }
  }

  function atDaemon(): readonly number[] {
    return daemon.accepted.map(({ inFlight }) => inFlight);
  }

  /** Lets the oldest call that hangs on a connection return. */
  async function letReturn(server: FakeConnection): Promise<void> {
    const call = server.calls.find(({ procedure }) => procedure.number === domainSuspend.number)!;
    server.reply(domainSuspend, call.serial, undefined);
    await settle();
  }

  it('calls that may wait have a connection of their own, opened when first needed', async () => {
    assert.equal(daemon.accepted.length, 1);
    await suspend(1);
    await suspend(2);
    assert.equal(daemon.accepted.length, 2);
    assert.equal(daemon.accepted[0]!.callsOf(domainSuspend).length, 0);
    assert.equal(daemon.accepted[1]!.callsOf(domainSuspend).length, 2);
  });

  it('streams run there too', async () => {
    daemon.handle(domainOpenConsole, (_args, { stream }) => {
      stream.write('login:');
    });
    const args = { dom: serve(1).wire, devName: null, flags: 0 };
    const { stream } = await link.openStream(domainOpenConsole, args);
    assert.equal(daemon.accepted[1]!.callsOf(domainOpenConsole).length, 1);
    stream.abort();
    await settle();
  });

  it('four calls that hang are passed over: the next goes on another connection', async () => {
    await hang(4);
    await suspend(99);
    assert.deepEqual(atDaemon(), [0, 4, 0]);
  });

  it('of calls that hang there are at most 12; the next is refused unsent, and others are served', async () => {
    await hang(12);
    assert.deepEqual(atDaemon(), [0, 4, 4, 4]);
    const before = daemon.callsOf(domainSuspend).length;
    const refused = await failureOf(suspend(13));
    assert.ok(refused instanceof TransportError);
    assert.deepEqual([refused.kind, refused.outcome], ['timeout', 'notSent']);
    assert.equal(daemon.callsOf(domainSuspend).length, before);
    assert.equal(daemon.accepted.length, 4, 'nor was another connection opened for it');

    assert.deepEqual(await link.fast.call(connect.connectGetType, undefined), { type: 'QEMU' });
    const other = await openConnection({ uri, dialer: daemon.dialer, clock, log: silentLog });
    assert.deepEqual(await other.call(connect.connectGetType, undefined), { type: 'QEMU' });
    other.close();
  });

  it('with every place of every connection held, a daemon of 20 workers has four left', async () => {
    await hang(12);
    const hold = daemon.hold(connect.connectGetType);
    const fast = Array.from({ length: 10 }, () =>
      link.fast.call(connect.connectGetType, undefined),
    );
    await settle();
    assert.equal(
      atDaemon().reduce((sum, count) => sum + count),
      16,
    );
    hold.release();
    await Promise.all(fast);
  });

  it('a place is free again as soon as a call returns', async () => {
    await hang(12);
    await letReturn(daemon.accepted[2]!);
    await suspend(99);
    assert.equal(daemon.accepted[2]!.callsOf(domainSuspend).length, 5);
  });

  it('a burst never holds more than 12 places, and is made in the end', async () => {
    const hold = daemon.hold(domainSuspend);
    const calls = Array.from({ length: 40 }, (_, index) => suspend(index + 1));
    await settle(10);
    assert.deepEqual(atDaemon(), [0, 4, 4, 4]);
    assert.equal(hold.waiting, 12);
    hold.release();
    await Promise.all(calls);
    assert.equal(daemon.callsOf(domainSuspend).length, 40);
    assert.equal(daemon.accepted.length, 4);
  });

  it('says whether a call would be made at once', async () => {
    assert.ok(link.hasSlowPlace);
    await hang(11);
    assert.ok(link.hasSlowPlace);
    const hold = daemon.hold(domainSuspend);
    const last = suspend(99);
    await settle();
    assert.ok(!link.hasSlowPlace, 'whether or not somebody still waits for those there are');
    hold.release();
    await last;
    assert.ok(link.hasSlowPlace);
  });

  it('a call whose connection cannot be opened was not sent; the next tries again', async () => {
    daemon.unreachable = new TransportError('closed', 'The daemon has too many clients.');
    const error = await failureOf(suspend(1));
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.kind, error.outcome], ['closed', 'notSent']);
    daemon.start();
    await suspend(1);
  });

  it('nor was one whose connection does not open in time', async () => {
    const hold = daemon.hold(connect.authList);
    const patient = suspend(1);
    const late = failureOf(suspend(2, { deadlineMs: 500 }));
    const giveUp = new AbortController();
    const cancelled = failureOf(suspend(3, { signal: giveUp.signal }));
    await settle();
    giveUp.abort();
    assert.ok((await cancelled) instanceof CancelledError);
    await clock.advance(500);
    const error = await late;
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.kind, error.outcome], ['timeout', 'notSent']);
    hold.release();
    await patient;
    assert.deepEqual(
      daemon.callsOf(domainSuspend).map(({ dom }) => dom.id),
      [1],
    );
  });

  it('a daemon that goes while a connection opens: the call was not sent, and nobody cancelled it', async () => {
    const hold = daemon.hold(connect.authList);
    const failing = failureOf(suspend(1));
    await settle();
    daemon.accepted[0]!.drop();
    const error = await failing;
    assert.ok(error instanceof TransportError, String(error));
    assert.deepEqual([error.kind, error.outcome], ['closed', 'notSent']);
    hold.release();
  });

  it('a lost slow connection takes only its own calls along, and is replaced', async () => {
    hung.add(1);
    const lost = failureOf(suspend(1));
    await settle();
    let closes = 0;
    link.onDidClose(() => closes++);
    daemon.accepted[1]!.drop();
    const error = await lost;
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.kind, error.outcome], ['closed', 'unknown']);
    await suspend(2);
    assert.equal(daemon.accepted.length, 3);
    assert.equal(closes, 0);
  });

  it('the fast connection takes all along, once, with the reason', async () => {
    hung.add(1);
    const lost = failureOf(suspend(1));
    await settle();
    const causes: Error[] = [];
    link.onDidClose((cause) => causes.push(cause));
    daemon.accepted[0]!.drop();
    assert.ok((await lost) instanceof TransportError);
    link.close();
    assert.equal(causes.length, 1);
    const after = await failureOf(suspend(2));
    assert.ok(after instanceof TransportError && after.outcome === 'notSent', String(after));
  });

  it('tells a hung daemon from one that answers', async () => {
    assert.equal(await link.isDaemonAnswering(), true);
    const hold = daemon.hold(connect.authList);
    const looking = link.isDaemonAnswering();
    await clock.advance(1_200);
    assert.equal(await looking, false);
    const ending = link.isDaemonAnswering();
    await settle();
    link.close();
    assert.equal(await ending, false);
    hold.release();
  });
});
