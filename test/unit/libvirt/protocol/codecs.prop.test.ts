import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ProtocolError } from '../../../../src/libvirt/errors.ts';
import { eventMessages, procedures } from '../../../../src/libvirt/protocol/table.ts';
import { remoteErrorCodec } from '../../../../src/libvirt/protocol/types.ts';
import type { Codec } from '../../../../src/libvirt/xdr/codec.ts';
import { XdrReader } from '../../../../src/libvirt/xdr/reader.ts';
import { decode, encode } from '../../../fakes/wire.ts';
import { layoutArbitrary } from '../layoutArbitrary.ts';
import { unpacked } from '../unpacked.ts';

/** Every layout that travels, with the first name it travels under. */
const codecs = new Map<string, { readonly name: string; readonly codec: Codec<unknown> }>();
function add(name: string, codec: Codec<unknown>): void {
  if (!codecs.has(codec.layout)) {
    codecs.set(codec.layout, { name, codec });
  }
}
for (const row of procedures) {
  add(`the arguments of ${row.name}`, row.args);
  add(`the result of ${row.name}`, row.ret);
}
for (const row of eventMessages) {
  add(`the event ${row.name}`, row.message);
}
add('an error', remoteErrorCodec);

/** Reads; anything but a value or a ProtocolError fails the property. */
function tryToRead(codec: Codec<unknown>, bytes: Buffer): void {
  try {
    unpacked(decode(codec, bytes));
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
  }
}

interface Damage {
  readonly kind: 'flip' | 'word' | 'insert' | 'remove' | 'cut';
  readonly at: number;
  readonly value: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('flip', 'word', 'insert', 'remove', 'cut'),
  at: fc.nat(0xffff),
  value: fc.oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.constantFrom(0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 16_384, 16_385, 262_144),
  ),
});

function damaged(bytes: Buffer, { kind, at, value }: Damage): Buffer {
  const index = bytes.length === 0 ? 0 : at % bytes.length;
  switch (kind) {
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) {
        copy[index] = (copy[index] ?? 0) ^ (1 << (value & 7));
      }
      return copy;
    }
    case 'word': {
      const copy = Buffer.from(bytes);
      const word = index & ~3;
      if (word + 4 <= copy.length) {
        copy.writeUInt32BE(value, word);
      }
      return copy;
    }
    case 'insert':
      return Buffer.concat([
        bytes.subarray(0, index),
        Buffer.of(value & 255),
        bytes.subarray(index),
      ]);
    case 'remove':
      return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1)]);
    case 'cut':
      return Buffer.from(bytes.subarray(0, index));
  }
}

describe('every message of the protocol table', () => {
  for (const { name, codec } of codecs.values()) {
    const values = layoutArbitrary(codec.layout);

    it(`${name}: what is written is read back, at once and in steps`, () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = encode(codec, value);
          assert.equal(bytes.length % 4, 0);
          assert.ok(bytes.length >= codec.minBytes);
          assert.deepEqual(unpacked(decode(codec, bytes)), value);
          if (codec.readInSteps) {
            assert.deepEqual(unpacked(readInSteps(codec, bytes)), value);
          }
        }),
        { numRuns: 40 },
      );
    });

    it(`${name}: damaged bytes are read as something else, or refused`, () => {
      fc.assert(
        fc.property(values, fc.array(damage, { minLength: 1, maxLength: 3 }), (value, damages) => {
          tryToRead(codec, damages.reduce(damaged, encode(codec, value)));
        }),
        { numRuns: 60 },
      );
    });

    it(`${name}: any bytes at all are read or refused`, () => {
      const words = fc
        .array(fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: 0, max: 0xffff_ffff })))
        .map((all) => Buffer.concat(all.map(word)));
      fc.assert(
        fc.property(
          fc.oneof(
            fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
            words,
          ),
          (bytes) => {
            tryToRead(codec, bytes);
          },
        ),
        { numRuns: 40 },
      );
    });
  }
});

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function readInSteps(codec: Codec<unknown>, bytes: Buffer): unknown {
  const reader = new XdrReader(bytes);
  const reading = codec.readInSteps?.(reader);
  for (;;) {
    const next = reading?.next();
    if (!next || next.done) {
      reader.end();
      return next?.value;
    }
  }
}

describe('lying lengths', () => {
  it('cost neither memory nor time, wherever they stand in whatever message', () => {
    const lies = [0x7fff_ffff, 0xffff_ffff, 16_384, 65_536, 262_144, 2048, 4_194_304];
    const before = process.memoryUsage();
    for (const { codec } of codecs.values()) {
      for (let at = 0; at < 40; at += 4) {
        for (const lie of lies) {
          const bytes = Buffer.alloc(44);
          bytes.writeUInt32BE(lie, at);
          tryToRead(codec, bytes);
        }
      }
    }
    const after = process.memoryUsage();
    assert.ok(after.arrayBuffers - before.arrayBuffers < 32 * 1024 * 1024);
    assert.ok(after.rss - before.rss < 256 * 1024 * 1024);
  }).timeout(5_000);
});
