import { Duplex } from 'node:stream';

/** One end of a pipe within this process; what is written comes out of the other, later and in order. */
class PipeEnd extends Duplex {
  #peer: PipeEnd | undefined;
  /** Chunks the other end wrote and nobody read yet, each with what to call when it was taken. */
  readonly #waiting: { readonly chunk: Buffer | null; readonly taken: () => void }[] = [];
  #wantsMore = false;

  constructor() {
    super({ allowHalfOpen: false });
  }

  connect(peer: PipeEnd): void {
    this.#peer = peer;
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const peer = this.#peer;
    if (!peer || peer.destroyed) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    peer.#put(chunk, () => {
      done();
    });
  }

  override _final(done: () => void): void {
    this.#endPeer();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#endPeer();
    for (const { taken } of this.#waiting.splice(0)) {
      taken();
    }
    done(error);
  }

  #endPeer(): void {
    const peer = this.#peer;
    if (peer && !peer.destroyed) {
      peer.#put(null, () => undefined);
    }
  }

  #put(chunk: Buffer | null, taken: () => void): void {
    this.#waiting.push({ chunk, taken });
    // Never from within the write: a socket does not do that either
    process.nextTick(() => {
      this.#deliver();
    });
  }

  #deliver(): void {
    while (this.#wantsMore && !this.destroyed) {
      const next = this.#waiting.shift();
      if (!next) {
        return;
      }
      this.#wantsMore = next.chunk !== null && this.push(next.chunk);
      if (next.chunk === null) {
        this.push(null);
      }
      next.taken();
    }
  }
}

/** Two connected ends; an end that is destroyed lets the other read what came before. */
export function createMemoryPipe(): readonly [Duplex, Duplex] {
  const left = new PipeEnd();
  const right = new PipeEnd();
  left.connect(right);
  right.connect(left);
  return [left, right];
}
