import { Duplex } from 'node:stream';

/**
 * One end of a connection in memory; behaves like a socket. What is written arrives in order and later, never
 * while it is being written; a reader that does not read makes the writer wait.
 */
export class MemoryDuplex extends Duplex {
  #peer: MemoryDuplex | undefined;
  /** What is on its way to this side; null is the end. */
  readonly #inbox: (Buffer | null)[] = [];
  #inboxBytes = 0;
  #isDelivering = false;
  #isFull = false;
  #sawEnd = false;
  /** The write of this side that waits until the other side reads. */
  #blocked: ((error?: Error) => void) | undefined;

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
    this.#isFull = false;
    this.#deliverSoon();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const peer = this.#peer;
    if (!peer || peer.destroyed || peer.#sawEnd) {
      done(brokenPipe());
      return;
    }
    // Both sides of a socket have bytes of their own
    peer.#inbox.push(Buffer.from(chunk));
    peer.#inboxBytes += chunk.length;
    peer.#deliverSoon();
    if (peer.#inboxBytes + peer.readableLength < peer.readableHighWaterMark) {
      done();
    } else {
      this.#blocked = done;
    }
  }

  override _final(done: () => void): void {
    const peer = this.#peer;
    if (peer) {
      peer.#endSoon();
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#release(brokenPipe());
    const peer = this.#peer;
    if (peer) {
      peer.#release(brokenPipe());
      peer.#endSoon();
    }
    done(error);
  }

  #endSoon(): void {
    if (!this.#sawEnd && !this.destroyed) {
      this.#sawEnd = true;
      this.#inbox.push(null);
      this.#deliverSoon();
    }
  }

  #deliverSoon(): void {
    if (!this.#isDelivering && !this.#isFull) {
      this.#isDelivering = true;
      process.nextTick(() => {
        this.#isDelivering = false;
        this.#deliver();
      });
    }
  }

  #deliver(): void {
    while (this.#inbox.length > 0 && !this.#isFull && !this.destroyed) {
      const chunk = this.#inbox.shift() ?? null;
      this.#inboxBytes -= chunk?.length ?? 0;
      this.#isFull = !this.push(chunk) && chunk !== null;
    }
    const peer = this.#peer;
    if (peer && this.#inbox.length === 0 && !this.#isFull) {
      peer.#release();
    }
  }

  /** Lets a write of this side that waits go on, or fail. */
  #release(error?: Error): void {
    const blocked = this.#blocked;
    this.#blocked = undefined;
    blocked?.(error);
  }
}

/**
 * Two connected ends. A side that is destroyed or ends lets the other read what was sent before and then see the
 * end.
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
