import { TransportError } from './errors.ts';
import { maxStreamChunkBytes, messageStatus } from './frame.ts';

/** What a stream needs of the connection it runs over. */
export interface StreamPort {
  /** Sends one stream message; resolves when more may be sent. */
  send(status: number, body: Uint8Array): Promise<void>;
  /** Stops or resumes reading from the transport. */
  setReading(reading: boolean): void;
  /** Forgets the stream: later messages for it are dropped. */
  release(): void;
}

/** Unread data above this stops reading from the transport. */
const highWaterBytes = 8 * 1024 * 1024;

/**
 * Bytes that flow beside the calls of a connection, opened by a call such as a console's or a screenshot's.
 * Iterate it to receive; iteration ends when the other side has no more and throws what broke the stream.
 *
 * The protocol has no flow control of its own: a reader that falls far behind stops the whole connection, so
 * bulk transfers belong on a connection of their own.
 */
export class RpcStream implements AsyncIterable<Uint8Array> {
  readonly #port: StreamPort;
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #ended = false;
  #failure: Error | undefined;
  #wakeReader: (() => void) | undefined;
  /** Fail the writes that the transport has not taken yet. */
  readonly #failWrites = new Set<(error: Error) => void>();
  #finishing: PromiseWithResolvers<void> | undefined;
  #released = false;

  constructor(port: StreamPort) {
    this.#port = port;
  }

  /** Sends bytes, in as many messages as needed. @throws the stream's failure; TransportError if it has ended. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += maxStreamChunkBytes) {
      this.#throwIfBroken();
      if (this.#released || this.#finishing) {
        throw new TransportError('closed', 'The stream has ended: nothing more can be written.');
      }
      await this.#send(messageStatus.continue, bytes.subarray(at, at + maxStreamChunkBytes));
    }
  }

  /** Says that we are done and waits until the other side confirms that it has everything. */
  async finish(): Promise<void> {
    this.#throwIfBroken();
    if (this.#released) {
      return;
    }
    if (!this.#finishing) {
      this.#finishing = promiseWithResolvers();
      await this.#send(messageStatus.ok, new Uint8Array());
    }
    await this.#finishing.promise;
  }

  /** Breaks the stream off. Safe to call at any time. */
  abort(): void {
    if (this.#released) {
      return;
    }
    this.#port.send(messageStatus.error, new Uint8Array()).catch(() => undefined);
    this.fail(new TransportError('closed', 'The stream was closed.'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const next = this.#unread.shift();
      if (next) {
        this.#unreadBytes -= next.length;
        if (this.#unreadBytes < highWaterBytes) {
          this.#port.setReading(true);
        }
        yield next;
        continue;
      }
      if (this.#ended) {
        return; // whatever happened afterwards, the data is whole
      }
      this.#throwIfBroken();
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }

  /** For the connection: data arrived; an empty message is the end of the data. */
  receive(body: Uint8Array): void {
    if (body.length === 0) {
      this.#ended = true;
    } else {
      // A view is kept only if hardly anything else is kept with it
      this.#unread.push(body.length * 2 > body.buffer.byteLength ? body : new Uint8Array(body));
      this.#unreadBytes += body.length;
      if (this.#unreadBytes >= highWaterBytes) {
        this.#port.setReading(false);
      }
    }
    this.#wake();
  }

  /** For the connection: the other side confirmed or announced the end. */
  complete(): void {
    this.#ended = true;
    this.#release();
    this.#finishing?.resolve();
    this.#wake();
  }

  /** For the connection: the stream is broken. Data that had arrived can still be read. */
  fail(error: Error): void {
    if (this.#released) {
      return;
    }
    this.#failure = error;
    this.#release();
    this.#finishing?.promise.catch(() => undefined);
    this.#finishing?.reject(error);
    for (const failWrite of this.#failWrites) {
      failWrite(error);
    }
    this.#failWrites.clear();
    this.#wake();
  }

  /** Sends one message; fails at once when the stream does, even if the transport takes nothing. */
  #send(status: number, body: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failWrites.add(reject);
      this.#port.send(status, body).then(
        () => {
          this.#failWrites.delete(reject);
          resolve();
        },
        (cause: unknown) => {
          this.#failWrites.delete(reject);
          reject(new TransportError('closed', 'The connection broke under the stream.', { cause }));
        },
      );
    });
  }

  #release(): void {
    if (!this.#released) {
      this.#released = true;
      this.#port.setReading(true);
      this.#port.release();
    }
  }

  #throwIfBroken(): void {
    if (this.#failure) {
      throw this.#failure;
    }
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeReader = undefined;
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** `Promise.withResolvers` came with Node 22. */
function promiseWithResolvers(): PromiseWithResolvers<void> {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
