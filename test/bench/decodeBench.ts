import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { Slices } from '../../src/base/slices.ts';
import { Connection } from '../../src/libvirt/connection.ts';
import { decodeBody } from '../../src/libvirt/decode.ts';
import { encodeFrame, frameOverhead, messageStatus, messageType } from '../../src/libvirt/frame.ts';
import { connectGetAllDomainStats } from '../../src/libvirt/protocol/connect.ts';
import type { TypedParameters } from '../../src/libvirt/protocol/types.ts';
import { createDuplexPair } from '../fakes/duplexPair.ts';
import { encode } from '../fakes/wire.ts';
import { guestParameters } from './guestParameters.ts';
import { medianFigure, plainFigure, repeated, type BenchResult, type Figure } from './measure.ts';
import { watchLoop, type LoopUse } from './watchLoop.ts';

const sizes = [
  { count: 1_000, runs: 15 },
  { count: 10_000, runs: 9 },
] as const;
/** What a socket delivers at a time. */
const chunkBytes = 65_536;
const parametersEach = guestParameters(0, 0).length;

/** A large statistics reply, from the socket's bytes to each of its values. */
export async function decodeBench(): Promise<BenchResult> {
  const figures: Figure[] = [];
  for (const { count, runs } of sizes) {
    figures.push(...(await measureSize(count, runs)));
  }
  return {
    figures,
    notes: [
      `${parametersEach} parameters per VM, in pieces of ${chunkBytes / 1024} KiB; decoded in slices between which other work is served, then every value is taken.`,
      'A block is the longest time between two turns of a 1 ms timer: pauses for garbage collection and other work of the machine are in it.',
    ],
  };
}

async function measureSize(count: number, runs: number): Promise<readonly Figure[]> {
  const frame = replyFrame(count);
  const megabytes = frame.length / 1e6;
  const body = frame.subarray(frameOverhead);
  await receive(frame, count); // compiles it
  const uses: LoopUse[] = [];
  for (let run = 0; run < runs; run++) {
    uses.push(await watchLoop(() => receive(frame, count)));
  }
  const atOnce = await repeated(runs, () => {
    const { retStats } = decodeBody(connectGetAllDomainStats.ret, body);
    for (const { params } of retStats) {
      takeValues(params);
    }
  });
  const elapsed = uses.map(({ elapsedMs }) => elapsedMs);
  const blocks = uses.map(({ longestBlockMs }) => longestBlockMs);
  const rates = elapsed.map((ms) => (megabytes * 1_000) / ms);
  const of = `${count.toLocaleString('en')} VMs:`;
  return [
    plainFigure(`${of} the reply`, megabytes, 'MB'),
    medianFigure(`${of} over a connection`, elapsed, 'ms'),
    medianFigure(`${of} over a connection`, rates, 'MB/s'),
    medianFigure(`${of} longest block of the event loop`, blocks, 'ms', { atMost: 20 }),
    medianFigure(`${of} decoded at one go, for comparison`, atOnce, 'ms'),
  ];
}

function replyFrame(count: number): Buffer {
  const retStats = Array.from({ length: count }, (_, vm) => ({
    dom: { name: `guest-${vm}`, uuid: new Uint8Array(16).fill(vm & 0xff), id: vm },
    params: guestParameters(vm, 0),
  }));
  return encodeFrame(
    {
      program: connectGetAllDomainStats.program,
      procedure: connectGetAllDomainStats.number,
      type: messageType.reply,
      serial: 1,
      status: messageStatus.ok,
    },
    encode(connectGetAllDomainStats.ret, { retStats }),
  );
}

/** Calls over a connection in memory whose other end has this reply ready. */
async function receive(frame: Buffer, count: number): Promise<void> {
  const [client, server] = createDuplexPair();
  const connection = new Connection(client, { clock: systemClock, log: silentLog });
  server.resume();
  const reply = connection.call(connectGetAllDomainStats, { doms: [], stats: 0, flags: 0 });
  await send(server, frame);
  const { retStats } = await reply;
  connection.close();
  server.destroy();
  if (retStats.length !== count) {
    throw new Error(`${retStats.length} VMs were decoded of ${count}`);
  }
  // As who reads figures does: one VM after the other, in slices
  const slices = new Slices(systemClock);
  for (const { params } of retStats) {
    takeValues(params);
    if (slices.step()) {
      await slices.rest();
    }
  }
}

/** Every value of a record, so that none is left undecoded. */
function takeValues(params: TypedParameters): void {
  let taken = 0;
  for (const { value } of params) {
    taken += typeof value === 'boolean' ? 0 : 1;
  }
  if (taken !== parametersEach) {
    throw new Error(`${taken} values were decoded of ${parametersEach}`);
  }
}

async function send(duplex: Duplex, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    if (!duplex.write(bytes.subarray(at, at + chunkBytes))) {
      await once(duplex, 'drain');
    }
    // A socket's next bytes come in another turn
    await nextTurn();
  }
}
