import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { CancelledError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { CallResult } from '../../../src/libvirt/callQueue.ts';
import { Connection, type CallOptions } from '../../../src/libvirt/connection.ts';
import { errorCode, LibvirtError, TransportError } from '../../../src/libvirt/errors.ts';
import {
  connectGetHostname,
  connectGetLibVersion,
  connectGetType,
} from '../../../src/libvirt/protocol/connect.ts';
import { domainLookupByName, domainSuspend } from '../../../src/libvirt/protocol/domain.ts';
import { createConnected, failureOf, type Connected } from '../../fakes/connected.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { noSuchDomain, Refusal } from '../../fakes/refusal.ts';
import { unanswered } from '../../fakes/servedCall.ts';

const uuid = new Uint8Array(16).fill(7);
const dom = { name: 'web', uuid, id: 3 };

describe('Connection: calls', () => {
  it('sends arguments and returns the result', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(domainLookupByName, ({ name }) => ({ dom: { name, uuid, id: -1 } }));
    const found = await connection.call(domainLookupByName, { name: 'dönner ☃' });
    assert.deepEqual(found, { dom: { name: 'dönner ☃', uuid, id: -1 } });
    assert.deepEqual(server.callsOf(domainLookupByName), [{ name: 'dönner ☃' }]);
  });

  it('gives each reply to its own call when they come in another order', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(domainLookupByName, () => unanswered);
    const names = ['a', 'b', 'c'];
    const calls = names.map((name) => connection.call(domainLookupByName, { name }));
    await settle();
    for (const { args, serial } of [...server.calls].reverse()) {
      const { name } = args as { name: string };
      server.reply(domainLookupByName, serial, { dom: { ...dom, name } });
    }
    const found = await Promise.all(calls);
    assert.deepEqual(
      found.map((result) => result.dom.name),
      names,
    );
  });

  it('sends in the order of the calls, each with a serial of its own', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    daemon.handle(connectGetType, () => ({ type: 'QEMU' }));
    await Promise.all([
      connection.call(connectGetHostname, undefined),
      connection.call(connectGetType, undefined),
      connection.call(connectGetHostname, undefined),
    ]);
    assert.deepEqual(
      server.calls.map((call) => [call.procedure.name, call.serial]),
      [
        ['connectGetHostname', 1],
        ['connectGetType', 2],
        ['connectGetHostname', 3],
      ],
    );
    assert.equal(connection.counters.calls, 3);
    assert.equal(connection.inFlight, 0);
  });

  it('sends the calls of one turn together', async () => {
    const writes: number[] = [];
    const duplex = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        writes.push(1);
        done();
      },
      writev: (chunks, done) => {
        writes.push(chunks.length);
        done();
      },
    });
    const connection = new Connection(duplex, { clock: new FakeClock(), log: silentLog });
    const calls = [1, 2, 3].map(() => connection.call(connectGetHostname, undefined));
    await settle();
    calls.push(connection.call(connectGetHostname, undefined));
    await settle();
    assert.deepEqual(writes, [3, 1]);
    connection.close();
    for (const call of calls) {
      await assert.rejects(call);
    }
  });

  it('turns an error reply into a LibvirtError with all its fields', async () => {
    const { connection, daemon } = createConnected();
    daemon.handle(domainLookupByName, ({ name }) => {
      throw noSuchDomain(name);
    });
    const error = await failureOf(connection.call(domainLookupByName, { name: 'nope' }));
    assert.ok(error instanceof LibvirtError);
    assert.equal(error.code, errorCode.noDomain);
    assert.equal(error.domain, 10);
    assert.equal(error.level, 2);
    assert.equal(error.message, "Domain not found: no domain with matching name 'nope'");
    assert.deepEqual(error.details, [
      'Domain not found: %s',
      "no domain with matching name 'nope'",
    ]);
    assert.equal(error.procedure, 'domainLookupByName');
    assert.equal(connection.isClosed, false);
  });

  it('leaves an error of one call to that call', async () => {
    const { connection, daemon } = createConnected();
    daemon.handle(domainSuspend, () => {
      throw new Refusal(errorCode.operationInvalid, 'domain is not running');
    });
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    const [refused, answered] = await Promise.allSettled([
      connection.call(domainSuspend, { dom }),
      connection.call(connectGetHostname, undefined),
    ]);
    assert.equal(refused.status, 'rejected');
    assert.equal(answered.status, 'fulfilled');
  });

  it('refuses arguments that do not fit before anything is sent', async () => {
    const { connection, server } = createConnected();
    const error = await failureOf(
      connection.call(domainSuspend, { dom: { ...dom, uuid: new Uint8Array(15) } }),
    );
    assert.equal((error as Error).name, 'ProtocolError');
    assert.equal(connection.inFlight, 0);
    assert.deepEqual(server.calls, []);
  });
});

describe('Connection: how many calls at a time', () => {
  it('has at most maxInFlight calls at the daemon and sends the next when one is answered', async () => {
    const { connection, daemon, server } = createConnected({ maxInFlight: 2 });
    daemon.handle(domainLookupByName, () => unanswered);
    const calls = ['a', 'b', 'c', 'd'].map((name) => connection.call(domainLookupByName, { name }));
    await settle();
    assert.equal(server.calls.length, 2);
    assert.equal(connection.inFlight, 2);
    server.reply(domainLookupByName, 2, { dom });
    await settle();
    assert.deepEqual(
      server.callsOf(domainLookupByName).map((args) => args.name),
      ['a', 'b', 'c'],
    );
    for (const serial of [1, 3]) {
      server.reply(domainLookupByName, serial, { dom });
    }
    await settle();
    server.reply(domainLookupByName, 4, { dom });
    assert.equal((await Promise.all(calls)).length, 4);
    assert.equal(connection.inFlight, 0);
  });

  it('keeps below what libvirtd serves unless told otherwise', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(connectGetHostname, () => unanswered);
    for (let call = 0; call < 10; call++) {
      void failureOf(connection.call(connectGetHostname, undefined));
    }
    await settle();
    assert.equal(server.calls.length, 4);
    connection.close();
  });

  it('sends an urgent call before those that wait', async () => {
    const { connection, daemon, server } = createConnected({ maxInFlight: 1 });
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    daemon.handle(connectGetType, () => ({ type: 't' }));
    daemon.handle(connectGetLibVersion, () => ({ libVer: 9_000_000n }));
    await Promise.all([
      connection.call(connectGetHostname, undefined),
      connection.call(connectGetType, undefined),
      connection.call(connectGetLibVersion, undefined, { urgent: true }),
    ]);
    assert.deepEqual(
      server.calls.map((call) => call.procedure.name),
      ['connectGetHostname', 'connectGetLibVersion', 'connectGetType'],
    );
  });
});

describe('Connection: urgent calls', () => {
  it('keep their order among each other', async () => {
    const { connection, daemon, server } = createConnected({ maxInFlight: 1 });
    daemon.handle(domainLookupByName, ({ name }) => ({ dom: { ...dom, name } }));
    const call = (name: string, urgent: boolean): Promise<unknown> =>
      connection.call(domainLookupByName, { name }, { urgent });
    await Promise.all([
      call('under way', false),
      call('1', false),
      call('urgent 1', true),
      call('2', false),
      call('urgent 2', true),
    ]);
    assert.deepEqual(
      server.callsOf(domainLookupByName).map((args) => args.name),
      ['under way', 'urgent 1', 'urgent 2', '1', '2'],
    );
  });

  it('can be given up while they wait, and fail as not sent when the connection ends', async () => {
    const { connection, daemon, clock } = createConnected({ maxInFlight: 1 });
    daemon.handle(domainSuspend, () => unanswered);
    const options = { urgent: true, deadlineMs: 1_000 };
    const sent = failureOf(connection.call(domainSuspend, { dom }));
    const late = failureOf(connection.call(domainSuspend, { dom }, options));
    await clock.advance(900);
    const last = failureOf(connection.call(domainSuspend, { dom }, options));
    assert.equal(connection.waiting, 2);
    await clock.advance(100);
    assert.equal(connection.waiting, 1);
    connection.close();
    const outcomes = (await Promise.all([sent, late, last])).map(
      (error) => (error as TransportError).outcome,
    );
    assert.deepEqual(outcomes, ['unknown', 'notSent', 'notSent']);
  });
});

describe('Connection: a failure names who waits for it', () => {
  const suspendGuest = async (
    { connection }: Connected,
    options?: CallOptions,
  ): Promise<unknown> => {
    const [result] = await Promise.all([connection.call(domainSuspend, { dom }, options)]);
    return result;
  };
  const failures: Readonly<Record<string, (connected: Connected) => Promise<unknown>>> = {
    'refused by libvirt': (connected) => {
      connected.daemon.handle(domainSuspend, () => {
        throw noSuchDomain('gone');
      });
      return failureOf(suspendGuest(connected));
    },
    'too late': async (connected) => {
      connected.daemon.handle(domainSuspend, () => unanswered);
      const failed = failureOf(suspendGuest(connected, { deadlineMs: 2_000 }));
      await connected.clock.advance(2_000);
      return failed;
    },
    'given up by the caller': async (connected) => {
      connected.daemon.handle(domainSuspend, () => unanswered);
      const controller = new AbortController();
      const failed = failureOf(suspendGuest(connected, { signal: controller.signal }));
      await settle();
      controller.abort();
      return failed;
    },
    'lost with the connection': async (connected) => {
      connected.daemon.handle(domainSuspend, () => unanswered);
      const failed = failureOf(suspendGuest(connected));
      await settle();
      connected.connection.close();
      return failed;
    },
    'never sent': (connected) => {
      connected.connection.close();
      return failureOf(suspendGuest(connected));
    },
  };
  for (const [how, fail] of Object.entries(failures)) {
    it(how, async () => {
      const error = await fail(createConnected());
      assert.ok(error instanceof Error);
      assert.match(error.stack ?? '', /at async suspendGuest .*connection\.test\.ts/);
      assert.ok(error.stack?.includes(error.message));
    });
  }
});

describe('Connection: deadlines', () => {
  it('gives up a call after its deadline with an unknown outcome', async () => {
    const { connection, daemon, clock } = createConnected();
    daemon.handle(domainSuspend, () => unanswered);
    const failed = failureOf(connection.call(domainSuspend, { dom }, { deadlineMs: 2_000 }));
    await clock.advance(1_999);
    assert.equal(connection.abandoned, 0);
    await clock.advance(1);
    const error = await failed;
    assert.ok(error instanceof TransportError);
    assert.equal(error.kind, 'timeout');
    assert.equal(error.outcome, 'unknown');
  });

  it('knows that a call was not even sent', async () => {
    const { connection, daemon, clock, server } = createConnected({ maxInFlight: 1 });
    daemon.handle(domainSuspend, () => unanswered);
    const sent = failureOf(connection.call(domainSuspend, { dom }, { deadlineMs: 2_000 }));
    const waiting = failureOf(connection.call(domainSuspend, { dom }, { deadlineMs: 1_000 }));
    await clock.advance(2_000);
    assert.equal(((await sent) as TransportError).outcome, 'unknown');
    const error = (await waiting) as TransportError;
    assert.equal(error.kind, 'timeout');
    assert.equal(error.outcome, 'notSent');
    assert.equal(server.calls.length, 1);
  });

  it('has one of 30 s unless told, and none when it is infinite', async () => {
    const { connection, daemon, clock, server } = createConnected();
    daemon.handle(domainSuspend, () => unanswered);
    const failed = failureOf(connection.call(domainSuspend, { dom }));
    const patient = connection.call(domainSuspend, { dom }, { deadlineMs: Infinity });
    await clock.advance(29_999);
    assert.equal(connection.abandoned, 0);
    await clock.advance(1);
    assert.equal(((await failed) as TransportError).kind, 'timeout');
    await clock.advance(3_600_000);
    server.reply(domainSuspend, 2, undefined);
    await patient;
  });

  it('keeps the place of a call that was given up until its reply comes, and drops that', async () => {
    const { connection, daemon, clock, server } = createConnected({ maxInFlight: 1 });
    daemon.handle(domainSuspend, () => unanswered);
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    const failed = failureOf(connection.call(domainSuspend, { dom }, { deadlineMs: 1_000 }));
    const next = connection.call(connectGetHostname, undefined);
    await clock.advance(1_000);
    await failed;
    assert.equal(connection.inFlight, 1);
    assert.equal(connection.abandoned, 1);
    assert.equal(server.calls.length, 1, 'the next call waits for the place');
    server.reply(domainSuspend, 1, undefined);
    assert.deepEqual(await next, { hostname: 'h' });
    assert.equal(connection.abandoned, 0);
    assert.equal(connection.inFlight, 0);
  });

  it('tells a late reply to who asked for it', async () => {
    const { connection, daemon, clock, server } = createConnected();
    daemon.handle(connectGetHostname, () => unanswered);
    const late: CallResult[] = [];
    const failed = failureOf(
      connection.call(connectGetHostname, undefined, {
        deadlineMs: 1_000,
        onLateReply: (result) => late.push(result),
      }),
    );
    await clock.advance(1_000);
    await failed;
    assert.deepEqual(late, []);
    server.reply(connectGetHostname, 1, { hostname: 'slow' });
    await settle();
    assert.deepEqual(late, [{ value: { hostname: 'slow' } }]);
  });

  it('tells a late refusal too', async () => {
    const { connection, daemon, clock } = createConnected();
    const hold = daemon.hold(domainSuspend);
    daemon.handle(domainSuspend, () => {
      throw new Refusal(errorCode.operationFailed, 'no');
    });
    const late: CallResult[] = [];
    const failed = failureOf(
      connection.call(domainSuspend, { dom }, { deadlineMs: 5, onLateReply: (r) => late.push(r) }),
    );
    await clock.advance(5);
    await failed;
    hold.release();
    await settle();
    assert.equal(late.length, 1);
    const [result] = late;
    assert.ok(result && 'error' in result && result.error instanceof LibvirtError);
  });

  it('tells who asked for a late reply once that there will be none', async () => {
    const { connection, daemon, clock } = createConnected();
    daemon.handle(domainSuspend, () => unanswered);
    const late: CallResult[] = [];
    const options = { deadlineMs: 5, onLateReply: (r: CallResult) => late.push(r) };
    const failed = failureOf(connection.call(domainSuspend, { dom }, options));
    await clock.advance(5);
    await failed;
    connection.close();
    await settle();
    assert.equal(late.length, 1);
    const [result] = late;
    assert.ok(result && 'error' in result && result.error instanceof TransportError);
    assert.equal(result.error.outcome, 'unknown');
  });

  it('goes on when who asked for a late reply fails', async () => {
    const { connection, daemon, clock, server, logged } = createConnected();
    daemon.handle(domainSuspend, () => unanswered);
    daemon.handle(connectGetHostname, () => unanswered);
    const onLateReply = (): never => {
      throw new Error('a bug in a listener');
    };
    const options = { deadlineMs: 5, onLateReply };
    const late = [1, 2].map(() => failureOf(connection.call(domainSuspend, { dom }, options)));
    await clock.advance(5);
    await Promise.all(late);
    server.reply(domainSuspend, 1, undefined);
    await settle();
    assert.equal(connection.isClosed, false);
    assert.equal(logged.length, 1);
    const other = failureOf(connection.call(connectGetHostname, undefined));
    connection.close();
    assert.ok((await other) instanceof TransportError);
    assert.equal(logged.length, 2);
  });

  it('does not tell an early reply as a late one, and leaves no timer behind', async () => {
    const { connection, daemon, clock } = createConnected();
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    const before = clock.pendingTimers;
    const late: CallResult[] = [];
    await connection.call(connectGetHostname, undefined, { onLateReply: (r) => late.push(r) });
    await clock.advance(60_000);
    assert.deepEqual(late, []);
    assert.equal(clock.pendingTimers, before);
  });
});

describe('Connection: giving up', () => {
  it('does not send a call whose signal is aborted already', async () => {
    const { connection, server } = createConnected();
    const signal = AbortSignal.abort(new Error('closed the view'));
    const error = await failureOf(connection.call(domainSuspend, { dom }, { signal }));
    assert.ok(error instanceof CancelledError);
    assert.equal((error.cause as Error).message, 'closed the view');
    await settle();
    assert.equal(server.calls.length, 0);
  });

  it('forgets a call that still waits to be sent', async () => {
    const { connection, daemon, server } = createConnected({ maxInFlight: 1 });
    const hold = daemon.hold(connectGetHostname);
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    const first = connection.call(connectGetHostname, undefined);
    const giveUp = new AbortController();
    const second = failureOf(connection.call(domainSuspend, { dom }, { signal: giveUp.signal }));
    giveUp.abort();
    assert.ok((await second) instanceof CancelledError);
    assert.equal(connection.abandoned, 0);
    hold.release();
    await first;
    await settle();
    assert.deepEqual(server.callsOf(domainSuspend), []);
  });

  it('stops waiting for a call that was sent, whose reply is then dropped', async () => {
    const { connection, daemon, server, clock } = createConnected();
    daemon.handle(domainSuspend, () => unanswered);
    const before = clock.pendingTimers;
    const giveUp = new AbortController();
    const failed = failureOf(connection.call(domainSuspend, { dom }, { signal: giveUp.signal }));
    await settle();
    giveUp.abort();
    assert.ok((await failed) instanceof CancelledError);
    assert.equal(connection.abandoned, 1);
    assert.equal(clock.pendingTimers, before, 'the deadline is no longer watched');
    server.reply(domainSuspend, 1, undefined);
    await settle();
    assert.equal(connection.abandoned, 0);
    assert.equal(connection.isClosed, false);
  });

  it('ignores a signal that is aborted after the reply', async () => {
    const { connection, daemon } = createConnected();
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    const giveUp = new AbortController();
    await connection.call(connectGetHostname, undefined, { signal: giveUp.signal });
    giveUp.abort();
    await settle();
    assert.equal(connection.abandoned, 0);
  });

  it('shares one signal among many calls without a warning', async () => {
    const { connection, daemon } = createConnected();
    daemon.handle(connectGetHostname, () => unanswered);
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const giveUp = new AbortController();
    const calls = Array.from({ length: 50 }, () =>
      failureOf(connection.call(connectGetHostname, undefined, { signal: giveUp.signal })),
    );
    await settle();
    giveUp.abort();
    await Promise.all(calls);
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });
});
