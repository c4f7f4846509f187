import { ProtocolError } from '../errors.ts';
import { readName } from './names.ts';

/** Up to here, such as a UUID, a copy byte by byte is faster than one through a view. */
const shortBytes = 32;

/**
 * Reads XDR (RFC 4506) values from one message. Every read is checked against what is left, so that a lying
 * length is an error and never an allocation.
 */
export class XdrReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Where the next value begins, for {@link from}. */
  get offset(): number {
    return this.#offset;
  }

  /** A reader of the same message from a place that this one has passed. */
  from(offset: number): XdrReader {
    const reader = new XdrReader(this.#bytes);
    reader.#offset = offset;
    return reader;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  uint(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  hyper(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  uhyper(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  /** A signed 64-bit value as a number where that is exact, else as a bigint. */
  compactHyper(): number | bigint {
    const at = this.#take(8);
    const high = this.#bytes.readInt32BE(at);
    // 2^21 * 2^32 = 2^53: the first value beyond the exact range
    if (high >= -0x20_0000 && high < 0x20_0000) {
      const value = high * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4);
      if (Number.isSafeInteger(value)) {
        return value;
      }
    }
    return this.#bytes.readBigInt64BE(at);
  }

  /** An unsigned 64-bit value as a number where that is exact, else as a bigint. */
  compactUhyper(): number | bigint {
    const at = this.#take(8);
    const high = this.#bytes.readUInt32BE(at);
    return high < 0x20_0000
      ? high * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4)
      : this.#bytes.readBigUInt64BE(at);
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  bool(): boolean {
    const value = this.uint();
    if (value > 1) {
      throw new ProtocolError(`A truth value is ${value}, not 0 or 1.`);
    }
    return value === 1;
  }

  /** @param maxBytes the declared limit of the string. */
  string(maxBytes: number): string {
    const length = this.#length(maxBytes, 'string');
    const at = this.#take(length + padding(length));
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** A string that many messages have, such as the name of a parameter. */
  name(maxBytes: number): string {
    const length = this.#length(maxBytes, 'string');
    const at = this.#take(length + padding(length));
    return readName(this.#bytes, at, length);
  }

  /** Passes over a string if it is this one, of ASCII characters only; otherwise reads nothing. */
  skipName(expected: string): boolean {
    const { length } = expected;
    const at = this.#offset + 4;
    const end = at + length + padding(length);
    const bytes = this.#bytes;
    if (end > bytes.length || bytes.readUInt32BE(at - 4) !== length) {
      return false;
    }
    for (let index = 0; index < length; index++) {
      const byte = bytes[at + index] ?? 0;
      // Beyond ASCII a byte is no character, even if they have the same number
      if (byte !== expected.charCodeAt(index) || byte > 127) {
        return false;
      }
    }
    this.#offset = end;
    return true;
  }

  skipString(maxBytes: number): void {
    const length = this.#length(maxBytes, 'string');
    this.#take(length + padding(length));
  }

  /** Passes over data of a known length. */
  skip(length: number): void {
    this.#take(length + padding(length));
  }

  /** A copy of variable-length opaque data. */
  opaque(maxBytes: number): Uint8Array {
    return this.fixedOpaque(this.#length(maxBytes, 'opaque'));
  }

  /** A copy of opaque data of a known length. */
  fixedOpaque(length: number): Uint8Array {
    const at = this.#take(length + padding(length));
    if (length > shortBytes) {
      return new Uint8Array(this.#bytes.subarray(at, at + length));
    }
    const copy = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      copy[index] = this.#bytes[at + index] ?? 0;
    }
    return copy;
  }

  /**
   * The element count of a variable-length array.
   * @param minBytesEach the fewest bytes an element takes: a count that cannot fit is refused before any is read.
   */
  count(maxCount: number, minBytesEach: number): number {
    const count = this.uint();
    if (count > maxCount) {
      throw new ProtocolError(`An array of ${count} exceeds its limit of ${maxCount}.`);
    }
    if (count * minBytesEach > this.remaining) {
      throw new ProtocolError(`An array of ${count} cannot fit in ${this.remaining} bytes.`);
    }
    return count;
  }

  /** @throws ProtocolError if anything is left over. */
  end(): void {
    if (this.remaining > 0) {
      throw new ProtocolError(`${this.remaining} bytes are left over at the end of a message.`);
    }
  }

  #length(maxBytes: number, what: string): number {
    const length = this.uint();
    if (length > maxBytes) {
      throw new ProtocolError(`A ${what} of ${length} bytes exceeds its limit of ${maxBytes}.`);
    }
    return length;
  }

  #take(bytes: number): number {
    if (bytes > this.remaining) {
      throw new ProtocolError(
        `The message ends early: ${bytes} bytes wanted, ${this.remaining} left.`,
      );
    }
    const at = this.#offset;
    this.#offset += bytes;
    return at;
  }
}

/** XDR fills every value up to a multiple of four bytes. */
function padding(length: number): number {
  return (4 - (length & 3)) & 3;
}
