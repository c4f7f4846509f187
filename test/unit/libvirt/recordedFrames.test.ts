import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { decodeBody } from '../../../src/libvirt/decode.ts';
import { ProtocolError } from '../../../src/libvirt/errors.ts';
import { encodeFrame, FrameDecoder, frameOverhead } from '../../../src/libvirt/frame.ts';
import { XdrWriter } from '../../../src/libvirt/xdr/writer.ts';
import { codecOf, marked, meaningOf } from '../../tools/frameMeaning.ts';

interface Recorded {
  readonly name: string;
  readonly hex: string;
  readonly expected: unknown;
}

const recorded = JSON.parse(
  fs.readFileSync(new URL('../../fixtures/frames/frames.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

/** As JSON writes it. */
function written(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value, marked));
}

describe('frames recorded from a real libvirtd', () => {
  it('are at least 30, all different', () => {
    assert.ok(recorded.length >= 30);
    assert.equal(new Set(recorded.map(({ hex }) => hex)).size, recorded.length);
  });

  it('are replies, refusals, events, streams to their end or not, and keepalive both ways', () => {
    const names = recorded.map(({ name }) => name).join('\n');
    for (const kind of [
      /: domainOpenConsole: stream data$/m,
      /: domainOpenConsole: stream finished$/m,
      /: domainOpenConsole aborted: stream finished$/m,
      /: domainOpenConsole taken over: stream broken$/m,
      /: domainScreenshot: stream end of data$/m,
      /: keepalive ping$/m,
      /: keepalive pong$/m,
      /event networkEventLifecycle$/m,
      /event domainEventCallbackLifecycle$/m,
    ]) {
      assert.match(names, kind);
    }
  });

  for (const { name, hex, expected } of recorded) {
    it(name, () => {
      const bytes = Buffer.from(hex, 'hex');
      const [frame, ...others] = [...new FrameDecoder().push(bytes)];
      assert.ok(frame && others.length === 0);
      assert.deepEqual(written(meaningOf(frame)), expected ?? null);
      const codec = codecOf(frame);
      if (!codec) {
        assert.equal(encodeFrame(frame.header, frame.body).toString('hex'), hex);
        return;
      }
      const writer = new XdrWriter(frameOverhead);
      codec.write(writer, decodeBody(codec, frame.body));
      const body = writer.bytes().subarray(frameOverhead);
      assert.equal(encodeFrame(frame.header, body).toString('hex'), hex);
      if (frame.body.length > 0) {
        assert.throws(() => decodeBody(codec, frame.body.subarray(0, -4)), ProtocolError);
      }
    });
  }
});
