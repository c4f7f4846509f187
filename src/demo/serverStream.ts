import { maxStreamChunkBytes, messageStatus } from '../libvirt/frame.ts';
import { rpcRefusal, type DemoRefusal } from './refusal.ts';

/** What a stream needs of the connection it runs over. */
export interface ServerStreamPort {
  send(status: number, body: Uint8Array): void;
  fail(refusal: DemoRefusal): void;
  /** Forgets the stream. */
  release(): void;
}

/** The daemon's side of a stream. What is sent before the reply that opens it goes out right behind that. */
export class ServerStream {
  readonly #port: ServerStreamPort;
  #early: (() => void)[] | undefined = [];
  #isOver = false;
  /** Called with what comes from the client. */
  onData: (bytes: Buffer) => void = () => undefined;
  /** Called once when the stream is over, however. */
  onClose: () => void = () => undefined;

  constructor(port: ServerStreamPort) {
    this.#port = port;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += maxStreamChunkBytes) {
      const chunk = bytes.subarray(at, at + maxStreamChunkBytes);
      this.#whenOpen(() => {
        this.#port.send(messageStatus.continue, chunk);
      });
    }
  }

  /** Says that no more will come; the client then finishes. */
  end(): void {
    this.#whenOpen(() => {
      this.#port.send(messageStatus.continue, new Uint8Array());
    });
  }

  /** Breaks it off. */
  fail(refusal: DemoRefusal): void {
    this.#whenOpen(() => {
      this.#port.fail(refusal);
      this.close();
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
    if (status === messageStatus.continue) {
      this.onData(body);
    } else if (status === messageStatus.ok) {
      this.#port.send(messageStatus.ok, new Uint8Array());
      this.close();
    } else {
      this.#port.fail(rpcRefusal('stream aborted at client request'));
      this.close();
    }
  }

  /** For the connection: it is gone, or the stream has come to its end. */
  close(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#port.release();
      this.onClose();
    }
  }

  #whenOpen(action: () => void): void {
    if (this.#early) {
      this.#early.push(action);
    } else if (!this.#isOver) {
      action();
    }
  }
}
