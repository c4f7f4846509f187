import assert from 'node:assert/strict';
import { ProtocolError } from '../../../src/libvirt/errors.ts';
import {
  encodeFrame,
  FrameDecoder,
  frameOverhead,
  maxMessageBytes,
  messageStatus,
  messageType,
  sealFrame,
  type Frame,
  type Header,
} from '../../../src/libvirt/frame.ts';

const header: Header = { program: 0x2000_8086, procedure: 66, type: 1, serial: 7, status: 0 };

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function decodeAll(decoder: FrameDecoder, chunks: readonly Buffer[]): Frame[] {
  return chunks.flatMap((chunk) => [...decoder.push(chunk)]);
}

/** Three messages: without a body, with a short one and with one that spans chunks. */
const messages = [
  encodeFrame(header),
  encodeFrame({ ...header, serial: 8 }, bytes('00000001')),
  encodeFrame({ ...header, serial: 9, procedure: -1, status: 2 }, Buffer.alloc(40, 'x')),
];
const whole = Buffer.concat(messages);

function assertMessages(frames: readonly Frame[]): void {
  assert.deepEqual(
    frames.map((frame) => [frame.header, frame.body.toString('hex')]),
    [
      [header, ''],
      [{ ...header, serial: 8 }, '00000001'],
      [{ ...header, serial: 9, procedure: -1, status: 2 }, '78'.repeat(40)],
    ],
  );
}

describe('frames', () => {
  it('are length, program, version, procedure, type, serial, status and body', () => {
    const message = encodeFrame(
      { program: 0x6b65_6570, procedure: 1, type: 2, serial: 0xffff_ffff, status: 1 },
      bytes('aabbccdd'),
    );
    assert.equal(
      message.toString('hex'),
      '00000020' +
        '6b656570' +
        '00000001' +
        '00000001' +
        '00000002' +
        'ffffffff' +
        '00000001' +
        'aabbccdd',
    );
  });

  it('are written in front of a body that left room', () => {
    const message = Buffer.alloc(frameOverhead + 4, 0xee);
    assert.equal(sealFrame(message, header), message);
    assert.equal(message.toString('hex'), encodeFrame(header, bytes('eeeeeeee')).toString('hex'));
  });

  it('have a limit when written', () => {
    const largest = Buffer.allocUnsafe(maxMessageBytes + 4);
    assert.equal(sealFrame(largest, header).length, 33_554_436);
    assert.throws(() => sealFrame(Buffer.allocUnsafe(maxMessageBytes + 5), header), ProtocolError);
  });
});

describe('FrameDecoder', () => {
  it('takes messages in one piece', () => {
    assertMessages(decodeAll(new FrameDecoder(), [whole]));
  });

  it('takes messages byte by byte', () => {
    const chunks = Array.from(whole, (byte) => Buffer.from([byte]));
    assertMessages(decodeAll(new FrameDecoder(), chunks));
  });

  it('takes messages cut in two anywhere', () => {
    for (let at = 0; at <= whole.length; at++) {
      assertMessages(decodeAll(new FrameDecoder(), [whole.subarray(0, at), whole.subarray(at)]));
    }
  });

  it('takes messages in pieces of any size', () => {
    for (let size = 1; size < whole.length; size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < whole.length; at += size) {
        chunks.push(whole.subarray(at, at + size));
      }
      assertMessages(decodeAll(new FrameDecoder(), chunks));
    }
  });

  it('gives each message as soon as it is whole', () => {
    const decoder = new FrameDecoder();
    assert.equal([...decoder.push(whole.subarray(0, 27))].length, 0);
    assert.equal([...decoder.push(whole.subarray(27, 28))].length, 1);
    assert.equal([...decoder.push(whole.subarray(28))].length, 2);
  });

  for (const [what, hex] of [
    ['0', '00000000'],
    ['less than a header', '0000001b'],
    ['one byte more than the limit', '02000005'],
    ['all there could be', 'ffffffff'],
  ] as const) {
    it(`refuses a length of ${what} as soon as it is there`, () => {
      const decoder = new FrameDecoder();
      assert.deepEqual([...decoder.push(bytes(hex).subarray(0, 3))], []);
      assert.throws(() => [...decoder.push(bytes(hex).subarray(3))], ProtocolError);
    });
  }

  it('takes lengths at both limits', () => {
    assert.equal([...new FrameDecoder().push(encodeFrame(header))].length, 1);
    const largest = encodeFrame(header, Buffer.alloc(maxMessageBytes + 4 - frameOverhead));
    const [frame] = [...new FrameDecoder().push(largest)];
    assert.equal(frame?.body.length, 33_554_436 - 28);
  });

  it('refuses another version of the protocol', () => {
    const other = encodeFrame(header);
    other.writeUInt32BE(2, 8);
    assert.throws(() => [...new FrameDecoder().push(other)], ProtocolError);
  });

  it('gives what came whole before it refuses', () => {
    const decoder = new FrameDecoder();
    const seen: Frame[] = [];
    assert.throws(() => {
      for (const frame of decoder.push(Buffer.concat([whole, Buffer.alloc(4)]))) {
        seen.push(frame);
      }
    }, ProtocolError);
    assertMessages(seen);
  });

  it('reserves nothing for a length that is only claimed', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 50 }, () => new FrameDecoder());
    for (const decoder of decoders) {
      assert.deepEqual([...decoder.push(bytes('02000004 20008086'))], []);
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024);
  });

  describe('with streams in pieces', () => {
    const data = { ...header, type: messageType.stream, status: messageStatus.continue };
    const inPieces = (): FrameDecoder => new FrameDecoder({ streamsInPieces: true });
    const told = (frames: readonly Frame[]): unknown =>
      frames.map((frame) => [frame.header, frame.body.toString()]);

    it('gives data as it arrives, with the header of its message', () => {
      const message = Buffer.concat([encodeFrame(data, Buffer.from('abcdef')), whole]);
      const decoder = inPieces();
      assert.deepEqual([...decoder.push(message.subarray(0, 28))], []);
      assert.deepEqual(told([...decoder.push(message.subarray(28, 30))]), [[data, 'ab']]);
      assert.deepEqual(told([...decoder.push(Buffer.alloc(0))]), []);
      assert.deepEqual(told([...decoder.push(message.subarray(30, 33))]), [[data, 'cde']]);
      const [last, ...others] = [...decoder.push(message.subarray(33))];
      assert.deepEqual(told(last ? [last] : []), [[data, 'f']]);
      assertMessages(others);
    });

    it('keeps whole what is whole, and what ends a stream or breaks it off', () => {
      const end = { ...data, status: messageStatus.ok };
      const failure = { ...data, status: messageStatus.error };
      const decoder = inPieces();
      const all = [
        encodeFrame(data, Buffer.from('data')),
        encodeFrame(data),
        encodeFrame(failure, Buffer.from('an error')),
        encodeFrame(end),
      ];
      const bytesOfAll = Buffer.concat(all);
      assert.deepEqual(told([...decoder.push(bytesOfAll.subarray(0, -30))]), [
        [data, 'data'],
        [data, ''],
      ]);
      assert.deepEqual(told([...decoder.push(bytesOfAll.subarray(-30))]), [
        [failure, 'an error'],
        [end, ''],
      ]);
    });

    it('refuses another version before it gives anything', () => {
      const other = encodeFrame(data, Buffer.from('abcdef'));
      other.writeUInt32BE(2, 8);
      assert.throws(() => [...inPieces().push(other.subarray(0, 30))], ProtocolError);
    });
  });
});
