import assert from 'node:assert/strict';
import fc from 'fast-check';
import { silentLog } from '../../../src/base/log.ts';
import { Connection } from '../../../src/libvirt/connection.ts';
import { LibvirtError, ProtocolError, TransportError } from '../../../src/libvirt/errors.ts';
import {
  encodeFrame,
  FrameDecoder,
  messageStatus,
  messageType,
  type Frame,
  type Header,
} from '../../../src/libvirt/frame.ts';
import {
  connectGetHostname,
  connectListAllDomains,
} from '../../../src/libvirt/protocol/connect.ts';
import { domainOpenConsole } from '../../../src/libvirt/protocol/domain.ts';
import { eventMessages } from '../../../src/libvirt/protocol/table.ts';
import { remoteErrorCodec } from '../../../src/libvirt/protocol/types.ts';
import { createDuplexPair } from '../../fakes/duplexPair.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { encode } from '../../fakes/wire.ts';
import { layoutArbitrary } from './layoutArbitrary.ts';

const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const uint = fc.integer({ min: 0, max: 0xffff_ffff });
const anyFrame = fc.record({
  header: fc.record(
    { program: uint, procedure: int, type: int, serial: uint, status: int },
    { noNullPrototype: true },
  ),
  body: fc.uint8Array({ maxLength: 60 }),
});

/** Cuts bytes at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index]));
}

describe('FrameDecoder, however the bytes are cut', () => {
  it('gives the same messages', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.nat(1_000), { maxLength: 20 }),
        (frames, places) => {
          const bytes = Buffer.concat(frames.map(({ header, body }) => encodeFrame(header, body)));
          const decoder = new FrameDecoder();
          const decoded: Frame[] = cut(bytes, places).flatMap((chunk) => [...decoder.push(chunk)]);
          assert.deepEqual(
            decoded.map(({ header, body }) => ({ header, body: new Uint8Array(body) })),
            frames.map(({ header, body }) => ({ header, body: new Uint8Array(body) })),
          );
        },
      ),
    );
  });

  it('gives the same data of streams in pieces, and the same other messages', () => {
    const streamFrame = anyFrame.map(({ header, body }) => ({
      header: { ...header, type: messageType.stream, status: messageStatus.continue },
      body,
    }));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyFrame, streamFrame), { maxLength: 8 }),
        fc.array(fc.nat(1_000), { maxLength: 20 }),
        (frames, places) => {
          const bytes = Buffer.concat(frames.map(({ header, body }) => encodeFrame(header, body)));
          const decoder = new FrameDecoder({ streamsInPieces: true });
          const joined: { header: Header; body: Uint8Array }[] = [];
          let missing = 0;
          for (const { header, body } of cut(bytes, places).flatMap((chunk) => [
            ...decoder.push(chunk),
          ])) {
            const last = joined.at(-1);
            if (missing > 0 && last) {
              assert.ok(body.length > 0, 'an empty piece would be the end of the data');
              last.body = Buffer.concat([last.body, body]);
            } else {
              missing = frames[joined.length]?.body.length ?? 0;
              joined.push({ header, body });
            }
            missing -= body.length;
          }
          assert.deepEqual(
            joined.map(({ header, body }) => ({ header, body: new Uint8Array(body) })),
            frames.map(({ header, body }) => ({ header, body: new Uint8Array(body) })),
          );
        },
      ),
    );
  });

  it('gives messages or refuses, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(200), { maxLength: 5 }),
        (bytes, places) => {
          const decoder = new FrameDecoder();
          try {
            for (const chunk of cut(Buffer.from(bytes), places)) {
              assert.ok([...decoder.push(chunk)].length <= 7);
            }
          } catch (error) {
            assert.ok(error instanceof ProtocolError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

const dom = { name: 'web', uuid: new Uint8Array(16), id: 3 };
const remote = { program: connectGetHostname.program, type: 1, status: 0 };

/** What a daemon might send to a client with a handful of calls under way. */
const conversation = fc.array(
  fc.oneof(
    fc.constant(
      encodeFrame(
        { ...remote, procedure: connectGetHostname.number, serial: 1 },
        encode(connectGetHostname.ret, { hostname: 'h' }),
      ),
    ),
    fc.constant(
      encodeFrame(
        { ...remote, procedure: connectListAllDomains.number, serial: 2 },
        encode(connectListAllDomains.ret, { domains: [dom], ret: 1 }),
      ),
    ),
    fc.constant(encodeFrame({ ...remote, procedure: domainOpenConsole.number, serial: 3 })),
    layoutArbitrary(remoteErrorCodec.layout).map((error) =>
      encodeFrame(
        { ...remote, status: 1, procedure: domainOpenConsole.number, serial: 4 },
        encode(remoteErrorCodec, error as never),
      ),
    ),
    fc
      .record({ status: fc.constantFrom(0, 1, 2), body: fc.uint8Array({ maxLength: 30 }) })
      .map(({ status, body }) =>
        encodeFrame({ ...remote, type: 3, status, procedure: 201, serial: 3 }, body),
      ),
    fc
      .constantFrom(...eventMessages)
      .chain((event) =>
        layoutArbitrary(event.message.layout).map((value) =>
          encodeFrame(
            { program: event.program, procedure: event.number, type: 2, serial: 0, status: 0 },
            encode(event.message, value),
          ),
        ),
      ),
    fc.constant(encodeFrame({ program: 0x6b65_6570, procedure: 1, type: 2, serial: 0, status: 0 })),
    anyFrame.map(({ header, body }) => encodeFrame(header, body)),
  ),
  { maxLength: 12 },
);

describe('Connection, whatever the daemon sends', () => {
  it('settles every call, and lets no error escape', async () => {
    await fc.assert(
      fc.asyncProperty(
        conversation,
        fc.array(fc.record({ at: fc.nat(4_000), value: fc.nat(255) }), { maxLength: 4 }),
        fc.array(fc.nat(4_000), { maxLength: 8 }),
        async (frames, damages, places) => {
          const bytes = Buffer.concat(frames);
          for (const { at, value } of damages) {
            if (bytes.length > 0) {
              bytes[at % bytes.length] = value;
            }
          }
          const [client, server] = createDuplexPair();
          const clock = new FakeClock();
          const connection = new Connection(client, { clock, log: silentLog });
          server.resume();
          let closed = 0;
          connection.onDidClose(() => closed++);
          for (const event of eventMessages) {
            connection.on(event, () => undefined);
          }
          const console = connection.open(domainOpenConsole, { dom, devName: null, flags: 0 });
          const calls = Promise.allSettled([
            connection.call(connectGetHostname, undefined),
            connection.call(connectListAllDomains, { needResults: 1, flags: 0 }),
            console,
            console.then(async ({ stream }) => {
              for await (const chunk of stream) {
                assert.ok(chunk.length > 0);
              }
            }),
            connection.open(domainOpenConsole, { dom, devName: 'x', flags: 0 }),
          ]);
          for (const chunk of cut(bytes, places)) {
            server.write(chunk);
          }
          server.end();
          await settle(4);
          assert.equal(connection.isClosed, true);
          assert.equal(closed, 1);
          assert.equal(connection.inFlight, 0);
          assert.equal(clock.pendingTimers, 0);
          for (const result of await calls) {
            if (result.status === 'rejected') {
              const error: unknown = result.reason;
              assert.ok(
                error instanceof TransportError ||
                  error instanceof ProtocolError ||
                  error instanceof LibvirtError,
                String(error),
              );
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  }).timeout(15_000);
});
