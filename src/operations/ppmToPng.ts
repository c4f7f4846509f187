import { crc32, deflateSync } from 'node:zlib';
import { ProtocolError } from '../libvirt/errors.ts';

/** No screen is larger; keeps a wrong header from asking for gigabytes. */
const maxSide = 16_384;
const maxPixels = 64 * 1024 * 1024;
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * Turns a binary portable pixmap (P6), as older hypervisors make of a screen, into a PNG of the same pixels.
 * @throws ProtocolError if it is not one, is cut short, or is larger than any screen.
 */
export function ppmToPng(ppm: Uint8Array): Uint8Array {
  const { width, height, max, at } = readHeader(ppm);
  const bytesPerSample = max > 255 ? 2 : 1;
  const rowBytes = width * 3 * bytesPerSample;
  if (ppm.length - at < rowBytes * height) {
    throw new ProtocolError(
      `The picture is cut short: ${width} × ${height} pixels need ${rowBytes * height} bytes, ${ppm.length - at} came.`,
    );
  }
  // Each row begins with its filter, here always 0: none
  const rows = new Uint8Array((1 + width * 3) * height);
  for (let y = 0; y < height; y++) {
    const from = at + y * rowBytes;
    const to = y * (1 + width * 3) + 1;
    if (max === 255) {
      rows.set(ppm.subarray(from, from + rowBytes), to);
    } else {
      scaleRow(ppm.subarray(from, from + rowBytes), rows.subarray(to, to + width * 3), max);
    }
  }
  return new Uint8Array(
    Buffer.concat([
      signature,
      chunk('IHDR', header(width, height)),
      chunk('IDAT', deflateSync(rows)),
      chunk('IEND', new Uint8Array(0)),
    ]),
  );
}

interface PpmHeader {
  readonly width: number;
  readonly height: number;
  /** The brightest value of a sample; above 255 a sample takes two bytes. */
  readonly max: number;
  /** Where the pixels begin. */
  readonly at: number;
}

function readHeader(ppm: Uint8Array): PpmHeader {
  if (ppm[0] !== 0x50 || ppm[1] !== 0x36) {
    throw new ProtocolError('The picture is not a binary portable pixmap (P6).');
  }
  let at = 2;
  const values = [0, 1, 2].map(() => {
    const number = readNumber(ppm, skipBlanks(ppm, at));
    at = number.end;
    return number.value;
  });
  const [width = 0, height = 0, max = 0] = values;
  // Exactly one blank follows: the next byte is a pixel, even if it looks like a blank
  if (!isBlank(ppm[at]) || width < 1 || height < 1 || max < 1 || max > 65_535) {
    throw new ProtocolError('The header of the picture cannot be read.');
  }
  if (width > maxSide || height > maxSide || width * height > maxPixels) {
    throw new ProtocolError(`No screen has ${width} × ${height} pixels.`);
  }
  return { width, height, max, at: at + 1 };
}

function readNumber(
  ppm: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } {
  let value = 0;
  let end = start;
  for (let digit = digitAt(ppm, end); digit !== undefined; digit = digitAt(ppm, ++end)) {
    value = Math.min(value * 10 + digit, Number.MAX_SAFE_INTEGER / 16);
  }
  if (end === start) {
    throw new ProtocolError('The header of the picture cannot be read.');
  }
  return { value, end };
}

/** Blanks, and comments from # to the end of the line. */
function skipBlanks(ppm: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    if (isBlank(ppm[at])) {
      at++;
    } else if (ppm[at] === 0x23) {
      while (at < ppm.length && ppm[at] !== 0x0a) {
        at++;
      }
    } else {
      return at;
    }
  }
}

function digitAt(ppm: Uint8Array, at: number): number | undefined {
  const byte = ppm[at];
  return byte !== undefined && byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : undefined;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function scaleRow(from: Uint8Array, to: Uint8Array, max: number): void {
  const isWide = max > 255;
  for (let at = 0; at < to.length; at++) {
    const sample = isWide ? ((from[at * 2] ?? 0) << 8) | (from[at * 2 + 1] ?? 0) : (from[at] ?? 0);
    to[at] = Math.round((Math.min(sample, max) * 255) / max);
  }
}

/** Eight bits, true colour, no interlace. */
function header(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set([8, 2, 0, 0, 0], 8);
  return bytes;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(type, 'latin1'), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
