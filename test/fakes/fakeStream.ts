import { maxStreamChunkBytes, messageStatus } from '../../src/libvirt/frame.ts';
import type { Refusal } from './refusal.ts';

/** What a stream's daemon side needs of its connection. */
export interface FakeStreamPort {
  send(status: number, body: Uint8Array): void;
  sendRefusal(refusal: Refusal): void;
}

/**
 * The daemon's side of one stream. What a handler does with it before its reply is sent goes out right behind
 * the reply.
 */
export class FakeStream {
  readonly #port: FakeStreamPort;
  #early: (() => void)[] | undefined = [];

  /** The bytes that came from the client. */
  readonly received: Buffer[] = [];
  /** The client said that it is done. */
  isFinished = false;
  /** The client broke it off. */
  isAborted = false;
  /** Called with what comes from the client. */
  onData: (bytes: Buffer) => void = () => undefined;
  /** Called when the client says that it is done; confirms it unless replaced. */
  onFinish: () => void = () => {
    this.confirm();
  };

  constructor(port: FakeStreamPort) {
    this.#port = port;
  }

  /** All that came from the client, as text. */
  get text(): string {
    return Buffer.concat(this.received).toString('utf8');
  }

  /** Sends bytes, in as many messages as needed. */
  write(bytes: Uint8Array | string): void {
    const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    for (let at = 0; at < all.length; at += maxStreamChunkBytes) {
      this.#send(messageStatus.continue, all.subarray(at, at + maxStreamChunkBytes));
    }
  }

  /** Says that no more bytes will come. */
  end(): void {
    this.#send(messageStatus.continue, new Uint8Array());
  }

  /** Confirms the client's end, or announces the daemon's own. */
  confirm(): void {
    this.#send(messageStatus.ok, new Uint8Array());
  }

  /** Breaks it off. */
  fail(refusal: Refusal): void {
    this.#whenOpen(() => {
      this.#port.sendRefusal(refusal);
    });
  }

  /** For the connection: the reply that opens the stream was sent. */
  opened(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const action of early) {
      action();
    }
  }

  /** For the connection: a message of the client. */
  receive(status: number, body: Buffer): void {
    if (status === messageStatus.ok) {
      this.isFinished = true;
      this.onFinish();
    } else if (status === messageStatus.error) {
      this.isAborted = true;
    } else {
      this.received.push(Buffer.from(body));
      this.onData(body);
    }
  }

  #send(status: number, body: Uint8Array): void {
    this.#whenOpen(() => {
      this.#port.send(status, body);
    });
  }

  #whenOpen(action: () => void): void {
    if (this.#early) {
      this.#early.push(action);
    } else {
      action();
    }
  }
}
