import assert from 'node:assert/strict';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../../src/base/clock.ts';
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

/** The longest time in milliseconds that the event loop was held up while a reply was received. */
async function longestHold<Args, Ret>(
  procedure: Procedure<Args, Ret>,
  args: Args,
  frame: Buffer,
  check: (ret: Ret) => void,
): Promise<number> {
  const [client, server] = createDuplexPair();
  const connection = new Connection(client, { clock: systemClock, log: silentLog });
  server.resume();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const reply = connection.call(procedure, args);
  await settle();
  delay.enable();
  await sendAsSocket(server, frame);
  const ret = await reply;
  await settle();
  delay.disable();
  connection.close();
  check(ret);
  return delay.max / 1e6;
}

/** Other work of the machine can only make a try look worse: the best of some is the truth. */
async function bestHold(measure: () => Promise<number>, goodMs: number): Promise<number> {
  let best = Infinity;
  for (let attempt = 0; attempt < 8 && best > goodMs; attempt++) {
    best = Math.min(best, await measure());
  }
  return best;
}

describe('Connection: large replies', () => {
  const maxHoldMs = 20;

  it('hold up the event loop for 20 ms at most: 16,384 domains', async function () {
    this.timeout(20_000);
    const frame = replyFrame(connectListAllDomains, domainList(16_384));
    const best = await bestHold(
      () =>
        longestHold(connectListAllDomains, listArgs, frame, ({ domains }) => {
          assert.equal(domains.length, 16_384);
          assert.equal(domains[16_383]?.name, 'vm-16383');
        }),
      maxHoldMs,
    );
    assert.ok(best <= maxHoldMs, `${best} ms`);
  });

  it('hold up the event loop for 20 ms at most: 40 figures of 10,000 domains', async function () {
    this.timeout(20_000);
    const frame = replyFrame(connectGetAllDomainStats, statistics(10_000, 40));
    const best = await bestHold(
      () =>
        longestHold(connectGetAllDomainStats, statsArgs, frame, ({ retStats }) => {
          assert.equal(retStats.length, 10_000);
          assert.equal(retStats[9_999]?.params[0]?.value, 123_456_789_012);
        }),
      maxHoldMs,
    );
    assert.ok(best <= maxHoldMs, `${best} ms`);
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
