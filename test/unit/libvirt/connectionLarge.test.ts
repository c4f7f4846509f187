import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { systemClock, type Clock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { Connection } from '../../../src/libvirt/connection.ts';
import { ProtocolError } from '../../../src/libvirt/errors.ts';
import { encodeFrame, messageStatus, messageType } from '../../../src/libvirt/frame.ts';
import {
  connectGetAllDomainStats,
  connectGetHostname,
  connectListAllDomains,
} from '../../../src/libvirt/protocol/connect.ts';
import type { Procedure } from '../../../src/libvirt/protocol/procedure.ts';
import type { TypedParameter } from '../../../src/libvirt/protocol/types.ts';
import { createConnected, failureOf } from '../../fakes/connected.ts';
import { createDuplexPair } from '../../fakes/duplexPair.ts';
import { settle } from '../../fakes/fakeClock.ts';
import { RawReply, unanswered } from '../../fakes/servedCall.ts';
import { encode } from '../../fakes/wire.ts';

const listArgs = { needResults: 1, flags: 0 };
const statsArgs = { doms: [], stats: 0, flags: 0 };

function someDomain(id: number): { name: string; uuid: Uint8Array; id: number } {
  return { name: `vm-${id}`, uuid: new Uint8Array(16).fill(id), id };
}

function domainList(count: number): { domains: ReturnType<typeof someDomain>[]; ret: number } {
  return { domains: Array.from({ length: count }, (_, id) => someDomain(id)), ret: count };
}

/** Statistics as a busy host has them: mostly 64-bit counters, some texts. */
function statistics(
  count: number,
  fields: number,
): { retStats: { dom: ReturnType<typeof someDomain>; params: TypedParameter[] }[] } {
  const params = Array.from({ length: fields }, (_, index): TypedParameter =>
    index % 8 === 7
      ? { field: `block.${index}.name`, type: 7, value: `vd${index}` }
      : { field: `block.${index}.rd.bytes`, type: 4, value: 123_456_789_012 + index },
  );
  return { retStats: Array.from({ length: count }, (_, id) => ({ dom: someDomain(id), params })) };
}

function replyFrame<Args, Ret>(procedure: Procedure<Args, Ret>, value: Ret): Buffer {
  return encodeFrame(
    {
      program: procedure.program,
      procedure: procedure.number,
      type: messageType.reply,
      serial: 1,
      status: messageStatus.ok,
    },
    encode(procedure.ret, value),
  );
}

/** Sends bytes in pieces as large as a socket delivers them, no faster than they are taken. */
async function sendAsSocket(duplex: Duplex, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    if (!duplex.write(bytes.subarray(at, at + 65_536))) {
      await once(duplex, 'drain');
    }
    await settle(1);
  }
}

/**
 * How often decoding a reply gave way to other work, when every look at the clock takes a millisecond. Real time
 * is the benchmarks' matter: here it would be that of whatever else the machine does.
 */
async function turnsTaken<Args, Ret>(
  procedure: Procedure<Args, Ret>,
  args: Args,
  frame: Buffer,
  check: (ret: Ret) => void,
): Promise<number> {
  const [client, server] = createDuplexPair();
  let looks = 0;
  let turns = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => looks++,
    soon: (action) => {
      turns++;
      systemClock.soon(action);
    },
  };
  const connection = new Connection(client, { clock, log: silentLog });
  server.resume();
  const reply = connection.call(procedure, args);
  await settle();
  await sendAsSocket(server, frame);
  check(await reply);
  connection.close();
  return turns;
}

/** A slice ends at the third look at such a clock, and there is one every eight records. */
const maxRecordsPerTurn = 24;

describe('Connection: large replies', () => {
  it('give way to other work again and again: 16,384 domains', async () => {
    const frame = replyFrame(connectListAllDomains, domainList(16_384));
    const turns = await turnsTaken(connectListAllDomains, listArgs, frame, ({ domains }) => {
      assert.equal(domains.length, 16_384);
      assert.equal(domains[16_383]?.name, 'vm-16383');
    });
    assert.ok(turns >= Math.floor(16_384 / maxRecordsPerTurn), `${turns} turns`);
  });

  it('give way to other work again and again: 40 figures of 5,000 domains', async () => {
    const frame = replyFrame(connectGetAllDomainStats, statistics(5_000, 40));
    const turns = await turnsTaken(connectGetAllDomainStats, statsArgs, frame, ({ retStats }) => {
      assert.equal(retStats.length, 5_000);
      assert.equal([...retStats[4_999]!.params][0]?.value, 123_456_789_012);
    });
    assert.ok(turns >= Math.floor(5_000 / maxRecordsPerTurn), `${turns} turns`);
  });

  it('keep their place among what comes behind them', async () => {
    const { connection, daemon, server, clock } = createConnected();
    clock.msPerLook = 10;
    daemon.handle(connectListAllDomains, () => unanswered);
    daemon.handle(connectGetHostname, () => unanswered);
    const order: string[] = [];
    const list = connection.call(connectListAllDomains, listArgs).then(() => order.push('list'));
    const name = connection.call(connectGetHostname, undefined).then(() => order.push('name'));
    await settle();
    server.reply(connectListAllDomains, 1, domainList(16_384));
    server.reply(connectGetHostname, 2, { hostname: 'h' });
    await Promise.all([list, name]);
    assert.deepEqual(order, ['list', 'name']);
  });

  it('that are malformed fail only their call', async () => {
    const { connection, daemon } = createConnected();
    const body = encode(connectListAllDomains.ret, domainList(4_000));
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    for (const broken of [
      body.subarray(0, -4),
      body.subarray(0, 100_000),
      Buffer.concat([body, Buffer.alloc(4)]),
    ]) {
      daemon.handle(connectListAllDomains, () => new RawReply(broken));
      const error = await failureOf(connection.call(connectListAllDomains, listArgs));
      assert.ok(error instanceof ProtocolError);
    }
    assert.deepEqual(await connection.call(connectGetHostname, undefined), { hostname: 'h' });
  });

  it('that nobody waits for are not even read', async () => {
    const { connection, daemon, server, clock } = createConnected();
    daemon.handle(connectListAllDomains, () => unanswered);
    let reads = 0;
    const read = (): never => {
      reads++;
      throw new Error('read');
    };
    const watched = {
      ...connectListAllDomains,
      ret: { ...connectListAllDomains.ret, read, readInSteps: read },
    };
    const late = failureOf(connection.call(watched, listArgs, { deadlineMs: 5 }));
    await clock.advance(5);
    await late;
    server.reply(connectListAllDomains, 1, domainList(16_384));
    await settle();
    assert.equal(reads, 0);
    assert.equal(connection.inFlight, 0);
  });

  it('that come late are told after they were read in steps', async () => {
    const { connection, daemon, server, clock } = createConnected();
    daemon.handle(connectListAllDomains, () => unanswered);
    const told: number[] = [];
    const late = failureOf(
      connection.call(connectListAllDomains, listArgs, {
        deadlineMs: 5,
        onLateReply: (result) => {
          assert.ok('value' in result);
          told.push((result.value as { domains: unknown[] }).domains.length);
        },
      }),
    );
    await clock.advance(5);
    await late;
    clock.msPerLook = 10;
    server.reply(connectListAllDomains, 1, domainList(16_384));
    await settle();
    assert.deepEqual(told, [], 'under way');
    for (let turn = 0; turn < 4_000 && told.length === 0; turn++) {
      await settle(1);
    }
    assert.deepEqual(told, [16_384]);
  });

  it('under way when the connection ends count as lost, once', async () => {
    const { connection, daemon, server, clock } = createConnected();
    clock.msPerLook = 10;
    daemon.handle(connectListAllDomains, () => unanswered);
    const late: unknown[] = [];
    const failed = failureOf(
      connection.call(connectListAllDomains, listArgs, { onLateReply: (r) => late.push(r) }),
    );
    await settle();
    server.reply(connectListAllDomains, 1, domainList(16_384));
    await settle(1);
    connection.close();
    assert.equal(((await failed) as { outcome?: string }).outcome, 'unknown');
    await settle(3_000);
    assert.deepEqual(late, []);
  });
});
