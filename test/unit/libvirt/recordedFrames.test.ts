import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { decodeBody } from '../../../src/libvirt/decode.ts';
import { ProtocolError } from '../../../src/libvirt/errors.ts';
import {
  encodeFrame,
  FrameDecoder,
  frameOverhead,
  messageStatus,
  messageType,
  type Frame,
} from '../../../src/libvirt/frame.ts';
import { eventMessages, procedures } from '../../../src/libvirt/protocol/table.ts';
import { remoteErrorCodec } from '../../../src/libvirt/protocol/types.ts';
import type { Codec } from '../../../src/libvirt/xdr/codec.ts';
import { XdrWriter } from '../../../src/libvirt/xdr/writer.ts';
import { unpacked } from './unpacked.ts';

interface Recorded {
  readonly name: string;
  readonly hex: string;
  readonly expected: unknown;
}

const recorded = JSON.parse(
  fs.readFileSync(new URL('../../fixtures/frames/frames.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

function codecOf({ header }: Frame): Codec<unknown> {
  const codec =
    header.status === messageStatus.error
      ? (remoteErrorCodec as Codec<unknown>)
      : header.type === messageType.reply
        ? procedures.find((row) => row.number === header.procedure)?.ret
        : eventMessages.find((row) => row.number === header.procedure)?.message;
  assert.ok(codec, `no row has number ${header.procedure}`);
  return codec;
}

/** Values as the fixture marks those that JSON lacks. */
function marked(value: unknown): unknown {
  if (value === undefined) {
    return null;
  }
  return JSON.parse(
    JSON.stringify(unpacked(value), (_key, each: unknown) => {
      if (typeof each === 'bigint') {
        return `${each}n`;
      }
      return each instanceof Uint8Array ? `hex:${Buffer.from(each).toString('hex')}` : each;
    }),
  );
}

describe('frames recorded from a real libvirtd', () => {
  it('are at least 30, all different', () => {
    assert.ok(recorded.length >= 30);
    assert.equal(new Set(recorded.map(({ hex }) => hex)).size, recorded.length);
  });

  for (const { name, hex, expected } of recorded) {
    it(name, () => {
      const bytes = Buffer.from(hex, 'hex');
      const [frame, ...others] = [...new FrameDecoder().push(bytes)];
      assert.ok(frame && others.length === 0);
      const codec = codecOf(frame);
      const value = decodeBody(codec, frame.body);
      assert.deepEqual(marked(value), expected ?? null);
      const writer = new XdrWriter(frameOverhead);
      codec.write(writer, value);
      const body = writer.bytes().subarray(frameOverhead);
      assert.equal(encodeFrame(frame.header, body).toString('hex'), hex);
      if (frame.body.length > 0) {
        assert.throws(() => decodeBody(codec, frame.body.subarray(0, -4)), ProtocolError);
      }
    });
  }
});
