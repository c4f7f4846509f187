import { Duplex } from 'node:stream';

/** One end of a connection in memory; behaves like a socket. */
export class MemoryDuplex extends Duplex {
  #peer: MemoryDuplex | undefined;
  /** The other side's write that waits until this side reads. */
  #resumeWriter: (() => void) | undefined;
  /** The write of this side that waits until the other side reads. */
  #blocked: ((error?: Error) => void) | undefined;
  #sawEnd = false;

  constructor(highWaterMark: number) {
    super({ highWaterMark, allowHalfOpen: false });
  }

  connect(peer: MemoryDuplex): void {
    this.#peer = peer;
  }

  /** Ends the connection so that the other side sees an error, as when its machine was reset. */
  reset(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    this.destroy();
    peer?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  override _read(): void {
    const resume = this.#resumeWriter;
    this.#resumeWriter = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const peer = this.#peer;
    if (!peer || peer.destroyed || peer.#sawEnd) {
      done(brokenPipe());
      return;
    }
    if (peer.push(Buffer.from(chunk))) {
      done();
    } else {
      this.#blocked = done;
      peer.#resumeWriter = () => {
        this.#blocked = undefined;
        done();
      };
    }
  }

  override _final(done: () => void): void {
    if (this.#peer && !this.#peer.destroyed) {
      this.#peer.push(null);
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#failBlocked();
    const peer = this.#peer;
    if (peer && !peer.destroyed && !peer.#sawEnd) {
      peer.#failBlocked();
      peer.push(null);
    }
    done(error);
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    this.#sawEnd ||= chunk === null;
    return super.push(chunk, encoding);
  }

  #failBlocked(): void {
    const blocked = this.#blocked;
    this.#blocked = undefined;
    blocked?.(brokenPipe());
  }
}

/**
 * Two connected ends. What one writes the other reads; a side that is destroyed or ends lets the other read what
 * was sent before and then see the end; a side that does not read makes the other's writes wait.
 */
export function createDuplexPair(
  options: { readonly highWaterMark?: number } = {},
): readonly [MemoryDuplex, MemoryDuplex] {
  const { highWaterMark = 64 * 1024 } = options;
  const left = new MemoryDuplex(highWaterMark);
  const right = new MemoryDuplex(highWaterMark);
  left.connect(right);
  right.connect(left);
  return [left, right];
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
}
