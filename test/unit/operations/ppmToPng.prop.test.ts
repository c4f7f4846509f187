import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { ProtocolError } from '../../../src/libvirt/errors.ts';
import { ppmToPng } from '../../../src/operations/ppmToPng.ts';

/** CRC-32 bit by bit, as the PNG specification describes it. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
    }
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Reads a PNG of unfiltered 8-bit true colour, checking all that a strict decoder checks. */
function decodePng(png: Uint8Array): { width: number; height: number; pixels: number[] } {
  const bytes = Buffer.from(png);
  assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const checked = bytes.subarray(at + 4, at + 8 + length);
    assert.equal(bytes.readUInt32BE(at + 8 + length), crcOf(checked));
    chunks.push([checked.toString('latin1', 0, 4), checked.subarray(4)]);
    at += 12 + length;
  }
  assert.deepEqual(
    chunks.map(([type]) => type),
    ['IHDR', 'IDAT', 'IEND'],
  );
  const [[, header], [, data], [, end]] = chunks as [
    [string, Buffer],
    [string, Buffer],
    [string, Buffer],
  ];
  assert.equal(end.length, 0);
  assert.deepEqual([...header.subarray(8)], [8, 2, 0, 0, 0]);
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const rows = inflateSync(data);
  assert.equal(rows.length, height * (1 + width * 3));
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * (1 + width * 3), (y + 1) * (1 + width * 3));
    assert.equal(row[0], 0);
    pixels.push(...row.subarray(1));
  }
  return { width, height, pixels };
}

const size = fc.record({
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 30 }),
});
const picture = size.chain(({ width, height }) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    samples: fc.uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 }),
  }),
);
const blank = fc.constantFrom(' ', '\n', '\t', '\r\n', '\n# a comment 12 \n', ' #\n  ');

describe('operations/ppmToPng', () => {
  it('keeps every pixel, whatever the header is written like', () => {
    fc.assert(
      fc.property(picture, blank, blank, blank, ({ width, height, samples }, a, b, c) => {
        const ppm = Buffer.concat([Buffer.from(`P6${a}${width}${b}${height}${c}255\n`), samples]);
        assert.deepEqual(decodePng(ppmToPng(ppm)), { width, height, pixels: [...samples] });
      }),
    );
  });

  it('scales samples of any other range', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 65_535 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (max, shares) => {
          const values = shares.map((share) => Math.round(share * max));
          const samples = Buffer.alloc(max > 255 ? 6 : 3);
          values.forEach((value, at) =>
            max > 255 ? samples.writeUInt16BE(value, at * 2) : samples.writeUInt8(value, at),
          );
          const { pixels } = decodePng(
            ppmToPng(Buffer.concat([Buffer.from(`P6 1 1 ${max}\n`), samples])),
          );
          assert.deepEqual(
            pixels,
            values.map((value) => Math.round((value / max) * 255)),
          );
        },
      ),
    );
  });

  it('never does anything but refuse what is no picture', () => {
    const ppm = Buffer.concat([Buffer.from('P6 4 2 255\n'), Buffer.alloc(24, 7)]);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: ppm.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(ppm.length),
        (at, byte, length) => {
          const broken = Buffer.from(ppm);
          broken[at] = byte;
          try {
            decodePng(ppmToPng(broken.subarray(0, length)));
          } catch (error) {
            assert.ok(error instanceof ProtocolError, String(error));
          }
        },
      ),
    );
    for (const text of [
      '',
      'P6',
      'P5 1 1 255\n000',
      'P6 1 1 255',
      'P6 1 1 255\n00',
      'P6 0 1 255\n',
      'P6 1 1 0\n000',
      'P6 1 1 65536\n000000',
      'P6 99999 1 255\n',
      'P6 16384 16384 255\n',
      `P6 ${'9'.repeat(400)} 1 255\n`,
      'P6 -1 1 255\n000',
      'P6 1 1 255#\n000',
      'P6 #',
    ]) {
      assert.throws(() => ppmToPng(Buffer.from(text)), ProtocolError, text);
    }
  });
});
