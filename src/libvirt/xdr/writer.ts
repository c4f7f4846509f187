import { ProtocolError } from '../errors.ts';

/** Writes XDR (RFC 4506) values into a growing buffer. Values out of range are refused, never truncated. */
export class XdrWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param reserve leaves that many bytes free at the start, for a header written later. */
  constructor(reserve = 0) {
    this.#bytes = Buffer.allocUnsafe(256 + reserve);
    this.#bytes.fill(0, 0, reserve);
    this.#length = reserve;
  }

  int(value: number): void {
    integer(value, -0x8000_0000, 0x7fff_ffff, 'int');
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
  }

  uint(value: number): void {
    integer(value, 0, 0xffff_ffff, 'unsigned int');
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  hyper(value: bigint): void {
    if (value < -(2n ** 63n) || value >= 2n ** 63n) {
      throw new ProtocolError(`${value} does not fit in a hyper.`);
    }
    const at = this.#grow(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  uhyper(value: bigint): void {
    if (value < 0n || value >= 2n ** 64n) {
      throw new ProtocolError(`${value} does not fit in an unsigned hyper.`);
    }
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64BE(value, at);
  }

  double(value: number): void {
    const at = this.#grow(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  bool(value: boolean): void {
    this.uint(value ? 1 : 0);
  }

  string(value: string, maxBytes: number): void {
    if (value.includes('\0')) {
      throw new ProtocolError('A string holds a zero byte: the daemon would take it to end there.');
    }
    const length = Buffer.byteLength(value, 'utf8');
    this.#lengthPrefix(length, maxBytes, 'string');
    const at = this.#grow(length + padding(length));
    this.#bytes.write(value, at, 'utf8');
    this.#bytes.fill(0, at + length, this.#length);
  }

  opaque(value: Uint8Array, maxBytes: number): void {
    this.#lengthPrefix(value.length, maxBytes, 'opaque');
    this.fixedOpaque(value, value.length);
  }

  fixedOpaque(value: Uint8Array, length: number): void {
    if (value.length !== length) {
      throw new ProtocolError(`Opaque data of ${value.length} bytes where ${length} belong.`);
    }
    const at = this.#grow(length + padding(length));
    this.#bytes.set(value, at);
    this.#bytes.fill(0, at + length, this.#length);
  }

  /** The element count in front of a variable-length array. */
  count(count: number, maxCount: number): void {
    if (count > maxCount) {
      throw new ProtocolError(`An array of ${count} exceeds its limit of ${maxCount}.`);
    }
    this.uint(count);
  }

  /** What was written so far, without a copy: write nothing after taking it. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #lengthPrefix(length: number, maxBytes: number, what: string): void {
    if (length > maxBytes) {
      throw new ProtocolError(`A ${what} of ${length} bytes exceeds its limit of ${maxBytes}.`);
    }
    this.uint(length);
  }

  /** Makes room and returns where it begins. It may replace the buffer: call it before naming the buffer. */
  #grow(bytes: number): number {
    const at = this.#length;
    const wanted = at + bytes;
    if (wanted > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, wanted));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = wanted;
    return at;
  }
}

function padding(length: number): number {
  return (4 - (length & 3)) & 3;
}

function integer(value: number, min: number, max: number, type: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ProtocolError(`${value} does not fit in an ${type}.`);
  }
}
