import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import { Connection } from '../../../src/libvirt/connection.ts';
import { LibvirtError, ProtocolError, TransportError } from '../../../src/libvirt/errors.ts';
import { encodeFrame, messageStatus, messageType } from '../../../src/libvirt/frame.ts';
import {
  connectGetAllDomainStats,
  connectGetHostname,
} from '../../../src/libvirt/protocol/connect.ts';
import { domainSuspend } from '../../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import { program } from '../../../src/libvirt/protocol/procedure.ts';
import { createConnected, failureOf } from '../../fakes/connected.ts';
import { createDuplexPair } from '../../fakes/duplexPair.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { RawReply, unanswered } from '../../fakes/servedCall.ts';

const dom = { name: 'web', uuid: new Uint8Array(16), id: 3 };
const eventHeader = {
  program: program.remote,
  procedure: domainLifecycleEvent.number,
  type: messageType.message,
  serial: 0,
  status: messageStatus.ok,
};

describe('Connection: messages that do not follow the protocol', () => {
  for (const [what, body] of [
    ['is cut short', Buffer.from('00000009', 'hex')],
    ['has bytes left over', Buffer.from('0000000168000000aaaaaaaa', 'hex')],
    ['exceeds a limit', Buffer.from('ffffffff', 'hex')],
    ['is empty', Buffer.alloc(0)],
  ] as const) {
    it(`fails only the call whose reply ${what}`, async () => {
      const { connection, daemon } = createConnected();
      daemon.handle(connectGetHostname, () => new RawReply(body));
      const error = await failureOf(connection.call(connectGetHostname, undefined));
      assert.ok(error instanceof ProtocolError);
      assert.ok(error.cause instanceof ProtocolError);
      assert.equal(connection.isClosed, false);
      daemon.handle(connectGetHostname, () => ({ hostname: 'fine' }));
      assert.deepEqual(await connection.call(connectGetHostname, undefined), { hostname: 'fine' });
      assert.equal(connection.inFlight, 0);
    });
  }

  it('fails only the call whose error reply cannot be read', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(domainSuspend, ({ dom: asked }, { serial }) => {
      assert.equal(asked.name, 'web');
      server.sendFrame(
        {
          program: program.remote,
          procedure: domainSuspend.number,
          type: messageType.reply,
          serial,
          status: messageStatus.error,
        },
        Buffer.from('0000', 'hex'),
      );
      return unanswered;
    });
    const error = await failureOf(connection.call(domainSuspend, { dom }));
    assert.ok(error instanceof ProtocolError);
    assert.ok(!(error instanceof LibvirtError));
    assert.equal(connection.isClosed, false);
  });

  it('fails only the call whose reply has an unknown status', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(connectGetHostname, (_args, { serial }) => {
      server.sendFrame(
        {
          program: program.remote,
          procedure: connectGetHostname.number,
          type: messageType.reply,
          serial,
          status: messageStatus.continue,
        },
        Buffer.from('0000000168000000', 'hex'),
      );
      return unanswered;
    });
    assert.ok(
      (await failureOf(connection.call(connectGetHostname, undefined))) instanceof ProtocolError,
    );
    assert.equal(connection.isClosed, false);
  });

  it('still counts what came whole in the same piece before the bytes went wrong', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(domainSuspend, (_args, { serial }) => {
      server.batch(() => {
        server.reply(domainSuspend, serial, undefined);
        server.sendRaw(Buffer.alloc(28));
      });
      return unanswered;
    });
    await connection.call(domainSuspend, { dom });
    assert.equal(connection.isClosed, true);
  });

  it('does not heed what follows a message that no daemon would send', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(domainSuspend, (_args, { serial }) => {
      server.batch(() => {
        server.sendFrame({ ...eventHeader, type: messageType.reply, serial: 99 });
        server.reply(domainSuspend, serial, undefined);
      });
      return unanswered;
    });
    const error = (await failureOf(connection.call(domainSuspend, { dom }))) as TransportError;
    assert.equal(error.outcome, 'unknown');
  });

  it('refuses a message larger than a daemon accepts, and takes no place for it', async () => {
    const { connection, daemon, server } = createConnected({ maxInFlight: 1 });
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    const name = 'x'.repeat(4_194_304);
    const doms = Array.from({ length: 9 }, () => ({ ...dom, name }));
    const args = { doms, stats: 0, flags: 0 };
    const hold = daemon.hold(connectGetHostname);
    const before = connection.call(connectGetHostname, undefined);
    const tooLarge = failureOf(connection.call(connectGetAllDomainStats, args));
    const after = connection.call(connectGetHostname, undefined);
    assert.ok((await tooLarge) instanceof ProtocolError);
    hold.release();
    assert.deepEqual(await before, { hostname: 'h' });
    assert.deepEqual(await after, { hostname: 'h' });
    assert.equal(connection.inFlight, 0);
    assert.equal(server.calls.length, 2);
  });

  const fatal: readonly (readonly [string, Buffer])[] = [
    ['a length below the header', Buffer.from('0000001b', 'hex')],
    ['a length above the limit', Buffer.from('02000005', 'hex')],
    ['another version', Buffer.from(`0000001c2000808600000002${'00000000'.repeat(4)}`, 'hex')],
    ['a reply to a call never made', encodeFrame({ ...eventHeader, type: 1, serial: 99 })],
    ['a call', encodeFrame({ ...eventHeader, type: messageType.call })],
    ['a message with file descriptors', encodeFrame({ ...eventHeader, type: 5 })],
    ['text of another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ];
  for (const [what, bytes] of fatal) {
    it(`closes the connection on ${what}, and every call fails with what is known of it`, async () => {
      const { connection, daemon, server, clock } = createConnected({ maxInFlight: 1 });
      daemon.handle(domainSuspend, () => unanswered);
      const causes: Error[] = [];
      connection.onDidClose((cause) => causes.push(cause));
      const sent = failureOf(connection.call(domainSuspend, { dom }));
      const waiting = failureOf(connection.call(connectGetHostname, undefined));
      await settle();
      server.sendRaw(bytes);
      const outcomes = [await sent, await waiting].map((error) => {
        assert.ok(error instanceof TransportError);
        assert.equal(error.kind, 'closed');
        assert.ok(error.cause instanceof ProtocolError);
        return error.outcome;
      });
      assert.deepEqual(outcomes, ['unknown', 'notSent']);
      assert.equal(connection.isClosed, true);
      assert.equal(causes.length, 1);
      assert.ok(causes[0] instanceof ProtocolError);
      await server.whenClosed();
      assert.equal(clock.pendingTimers, 0);
    });
  }
});

describe('Connection: events', () => {
  const value = { callbackID: 4, msg: { dom, event: 5, detail: 1 } };

  it('reach every listener, in the order they were sent', async () => {
    const { connection, server } = createConnected();
    const seen: string[] = [];
    connection.on(domainLifecycleEvent, ({ msg }) => seen.push(`first ${msg.event}`));
    connection.on(domainLifecycleEvent, ({ msg }) => seen.push(`second ${msg.event}`));
    server.sendEvent(domainLifecycleEvent, value);
    server.sendEvent(domainLifecycleEvent, { ...value, msg: { ...value.msg, event: 2 } });
    await settle();
    assert.deepEqual(seen, ['first 5', 'second 5', 'first 2', 'second 2']);
    assert.equal(connection.counters.events, 2);
  });

  it('come in order with replies', async () => {
    const { connection, daemon, server } = createConnected();
    const seen: string[] = [];
    connection.on(domainLifecycleEvent, () => seen.push('event'));
    daemon.handle(domainSuspend, () => {
      server.sendEvent(domainLifecycleEvent, value);
    });
    await connection.call(domainSuspend, { dom });
    assert.deepEqual(seen, ['event']);
  });

  it('stop when the listener is disposed', async () => {
    const { connection, server } = createConnected();
    const seen: unknown[] = [];
    const listening = connection.on(domainLifecycleEvent, (event) => seen.push(event));
    listening.dispose();
    server.sendEvent(domainLifecycleEvent, value);
    await settle();
    assert.deepEqual(seen, []);
  });

  it('that nobody knows are counted and ignored', async () => {
    const { connection, server } = createConnected();
    const lost: unknown[] = [];
    connection.onDidLoseEvent(() => lost.push(true));
    server.sendFrame({ ...eventHeader, procedure: 4321 }, Buffer.from('whatever'));
    server.sendFrame({ ...eventHeader, program: 0x2000_8087 }, Buffer.alloc(0));
    await settle();
    assert.equal(connection.counters.unknownEvents, 2);
    assert.equal(connection.isClosed, false);
    assert.deepEqual(lost, []);
  });

  it('that cannot be read are reported as lost', async () => {
    const { connection, server, logged } = createConnected();
    const lost: unknown[] = [];
    const seen: unknown[] = [];
    connection.onDidLoseEvent(() => lost.push(true));
    connection.on(domainLifecycleEvent, (event) => seen.push(event));
    server.sendFrame(eventHeader, Buffer.from('00000001', 'hex'));
    server.sendEvent(domainLifecycleEvent, value);
    await settle();
    assert.equal(lost.length, 1);
    assert.equal(connection.counters.malformedEvents, 1);
    assert.deepEqual(seen, [value]);
    assert.equal(logged.length, 1);
  });

  it('reach the other listeners when one fails, and the connection goes on', async () => {
    const { connection, server, logged } = createConnected();
    const seen: unknown[] = [];
    connection.on(domainLifecycleEvent, () => {
      throw new Error('a bug in a listener');
    });
    connection.on(domainLifecycleEvent, (event) => seen.push(event));
    server.sendEvent(domainLifecycleEvent, value);
    await settle();
    assert.equal(seen.length, 1);
    assert.equal(logged.length, 1);
    assert.equal(connection.isClosed, false);
  });

  it('do not come any more once a listener has closed the connection', async () => {
    const { connection, server } = createConnected();
    let seen = 0;
    connection.on(domainLifecycleEvent, () => {
      seen++;
      connection.close();
    });
    server.batch(() => {
      server.sendEvent(domainLifecycleEvent, value);
      server.sendEvent(domainLifecycleEvent, value);
    });
    await settle();
    assert.equal(seen, 1);
  });
});

describe('Connection: its end', () => {
  it('fails every call with what is known of it when the daemon goes', async () => {
    const { connection, daemon, server } = createConnected({ maxInFlight: 2 });
    daemon.handle(domainSuspend, () => unanswered);
    const calls = [1, 2, 3].map(() => failureOf(connection.call(domainSuspend, { dom })));
    await settle();
    server.drop();
    const errors = (await Promise.all(calls)) as TransportError[];
    assert.deepEqual(
      errors.map((error) => [error.kind, error.outcome]),
      [
        ['closed', 'unknown'],
        ['closed', 'unknown'],
        ['closed', 'notSent'],
      ],
    );
  });

  it('tells the reason once', async () => {
    const { connection, server } = createConnected();
    const causes: Error[] = [];
    connection.onDidClose((cause) => causes.push(cause));
    server.drop();
    await settle();
    connection.close(new Error('too late'));
    await settle();
    assert.equal(causes.length, 1);
    assert.ok(causes[0] instanceof TransportError);
    assert.equal(causes[0].kind, 'closed');
  });

  it('keeps the error of a broken transport as cause', async () => {
    const [client, server] = createDuplexPair();
    const connection = new Connection(client, { clock: new FakeClock(), log: silentLog });
    const failed = failureOf(connection.call(connectGetHostname, undefined));
    server.reset();
    const error = (await failed) as TransportError;
    assert.equal(error.outcome, 'unknown');
    const cause = error.cause as TransportError;
    assert.equal(cause.kind, 'closed');
    assert.equal((cause.cause as NodeJS.ErrnoException).code, 'ECONNRESET');
  });

  it('by us fails calls with our reason and closes the transport', async () => {
    const { connection, daemon, server, clock } = createConnected();
    daemon.handle(domainSuspend, () => unanswered);
    const failed = failureOf(connection.call(domainSuspend, { dom }));
    await settle();
    const reason = new Error('the window was closed');
    connection.close(reason);
    assert.equal(((await failed) as TransportError).cause, reason);
    await server.whenClosed();
    assert.equal(clock.pendingTimers, 0);
  });

  it('refuses later calls as not sent', async () => {
    const { connection } = createConnected();
    connection.close();
    const error = (await failureOf(
      connection.call(connectGetHostname, undefined),
    )) as TransportError;
    assert.equal(error.kind, 'closed');
    assert.equal(error.outcome, 'notSent');
  });
});
