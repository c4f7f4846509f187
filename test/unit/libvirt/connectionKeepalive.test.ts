import assert from 'node:assert/strict';
import { messageStatus, messageType } from '../../../src/libvirt/frame.ts';
import {
  connectListAllDomains,
  connectGetHostname,
} from '../../../src/libvirt/protocol/connect.ts';
import { domainOpenConsole } from '../../../src/libvirt/protocol/domain.ts';
import { program } from '../../../src/libvirt/protocol/procedure.ts';
import { createConnected } from '../../fakes/connected.ts';
import { settle } from '../../fakes/fakeClock.ts';
import { unanswered } from '../../fakes/servedCall.ts';

const keepalive = { intervalMs: 1_000, timeoutMs: 500 };
const dom = { name: 'web', uuid: new Uint8Array(16), id: 3 };

function manyDomains(count: number): { domains: (typeof dom)[]; ret: number } {
  const domains = Array.from({ length: count }, (_, id) => ({ ...dom, name: `vm-${id}`, id }));
  return { domains, ret: count };
}

describe('Connection: keepalive', () => {
  it('answers a ping at once', async () => {
    const { server } = createConnected();
    server.ping();
    server.ping();
    await settle();
    assert.equal(server.pongsReceived, 2);
  });

  it('answers a ping that comes behind a large reply before that is decoded', async () => {
    const { connection, daemon, server, clock } = createConnected();
    clock.msPerLook = 10; // every look at the clock ends a slice
    daemon.handle(connectListAllDomains, (_args, { serial }) => {
      server.batch(() => {
        server.reply(connectListAllDomains, serial, manyDomains(16_384));
        server.ping();
      });
      return unanswered;
    });
    let isDecoded = false;
    const listing = connection
      .call(connectListAllDomains, { needResults: 1, flags: 0 })
      .then((result) => {
        isDecoded = true;
        return result;
      });
    while (server.pongsReceived === 0) {
      await settle(1);
      assert.equal(isDecoded, false);
    }
    assert.equal((await listing).domains.length, 16_384);
  });

  it('asks after a silence, and again after each', async () => {
    const { connection, server, clock } = createConnected({ keepalive });
    await clock.advance(999);
    assert.equal(server.pingsReceived, 0);
    await clock.advance(1);
    assert.equal(server.pingsReceived, 1);
    await clock.advance(10_000);
    const pings: number = server.pingsReceived;
    assert.ok(pings >= 6 && pings <= 11, `${pings} pings`);
    assert.equal(connection.isAlive, true);
  });

  it('does not ask while the daemon is heard', async () => {
    const { connection, daemon, server, clock } = createConnected({ keepalive });
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    for (let call = 0; call < 20; call++) {
      await connection.call(connectGetHostname, undefined);
      await clock.advance(600);
    }
    assert.equal(server.pingsReceived, 0);
  });

  it('tells when an answer is overdue, and when the daemon is heard again', async () => {
    const { connection, server, clock } = createConnected({ keepalive });
    const changes: boolean[] = [];
    connection.onDidChangeLiveness((alive) => changes.push(alive));
    server.freeze();
    await clock.advance(1_499);
    assert.deepEqual(changes, []);
    await clock.advance(1);
    assert.deepEqual(changes, [false]);
    assert.equal(connection.isAlive, false);
    await clock.advance(20_000);
    assert.deepEqual(changes, [false], 'told once');
    assert.equal(connection.isClosed, false, 'closing is not its business');
    server.thaw();
    await settle();
    assert.deepEqual(changes, [false, true]);
    assert.equal(connection.isAlive, true);
  });

  it('goes on asking while there is no answer', async () => {
    const { server, clock } = createConnected({ keepalive });
    server.answersPings = false;
    await clock.advance(10_000);
    assert.ok(server.pingsReceived >= 6, `${server.pingsReceived} pings`);
  });

  it('is quiet once the connection was closed by who was told', async () => {
    const { connection, server, clock } = createConnected({ keepalive });
    server.freeze();
    connection.onDidChangeLiveness(() => {
      connection.close();
    });
    await clock.advance(1_500);
    assert.equal(connection.isClosed, true);
    assert.equal(clock.pendingTimers, 0);
  });

  it('takes no busy event loop of our own for a silence of the daemon', async () => {
    const { connection, server, clock } = createConnected({ keepalive });
    const changes: boolean[] = [];
    connection.onDidChangeLiveness((alive) => changes.push(alive));
    server.answersPings = false;
    await clock.advance(1_000);
    assert.equal(server.pingsReceived, 1);
    // The answer is there, but was not read when the timer goes off
    setImmediate(() => {
      server.sendFrame({
        program: program.keepalive,
        procedure: 2,
        type: messageType.message,
        serial: 0,
        status: messageStatus.ok,
      });
    });
    clock.stall(2_000);
    await clock.advance(0);
    assert.deepEqual(changes, []);
  });

  it('takes a pause of our own reading for no silence of the daemon', async () => {
    const { connection, daemon, server, clock } = createConnected({ keepalive });
    const changes: boolean[] = [];
    connection.onDidChangeLiveness((alive) => changes.push(alive));
    daemon.handle(domainOpenConsole, () => undefined);
    const { stream } = await connection.open(domainOpenConsole, { dom, devName: null, flags: 0 });
    daemon.handle(domainOpenConsole, (_args, call) => {
      call.stream.write(Buffer.alloc(9 * 1024 * 1024, 'x'));
    });
    const flood = await connection.open(domainOpenConsole, { dom, devName: null, flags: 0 });
    await clock.advance(10_000);
    assert.deepEqual(changes, []);
    let read = 0;
    for await (const chunk of flood.stream) {
      read += chunk.length;
      if (read >= 9 * 1024 * 1024) {
        break;
      }
    }
    server.freeze();
    await clock.advance(1_500);
    assert.deepEqual(changes, [false], 'reading again, a silence counts again');
    stream.abort();
    connection.close();
  });
});
