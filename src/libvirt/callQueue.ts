import type { Disposable } from '../base/disposable.ts';
import { closedError } from './callErrors.ts';
import { ProtocolError } from './errors.ts';
import type { Procedure } from './protocol/procedure.ts';
import type { RpcStream } from './stream.ts';

export type CallResult = { readonly value: unknown } | { readonly error: Error };

/** A call from the moment it is asked for until its reply came, whether or not somebody still waits for it. */
export class PendingCall {
  readonly procedure: Procedure<unknown, unknown>;
  readonly message: Buffer;
  /** 0 until it was sent. */
  serial = 0;
  /** What the call opened, if it is one that opens a stream. */
  stream: RpcStream | undefined;
  #settle: ((result: CallResult) => void) | undefined;
  readonly #onLateReply: ((result: CallResult) => void) | undefined;
  #watches: readonly Disposable[] = [];

  constructor(options: {
    readonly procedure: Procedure<unknown, unknown>;
    readonly message: Buffer;
    readonly settle: (result: CallResult) => void;
    readonly onLateReply: ((result: CallResult) => void) | undefined;
  }) {
    this.procedure = options.procedure;
    this.message = options.message;
    this.#settle = options.settle;
    this.#onLateReply = options.onLateReply;
  }

  /** Nobody waits for it any more, but the daemon may still be at it. */
  get isAbandoned(): boolean {
    return this.#settle === undefined;
  }

  /** Somebody is to be told the result. */
  get isWanted(): boolean {
    return (this.#settle ?? this.#onLateReply) !== undefined;
  }

  /** What to stop watching (deadline, abort signal) when the call is settled. */
  watch(watches: readonly Disposable[]): void {
    this.#watches = watches;
  }

  /** Settles the promise of whoever waits; of an abandoned call, tells who asked to hear of late replies. */
  settle(result: CallResult): void {
    const settle = this.#settle ?? this.#onLateReply;
    this.#settle = undefined;
    for (const watch of this.#watches) {
      watch.dispose();
    }
    this.#watches = [];
    settle?.(result);
  }
}

/**
 * Which calls wait to be sent and which are at the daemon. An abandoned call keeps its place among the latter
 * until its reply comes: the daemon still works on it, and counts it.
 */
export class CallQueue {
  readonly #maxInFlight: number;
  readonly #send: (call: PendingCall) => void;
  readonly #urgent: PendingCall[] = [];
  readonly #waiting: PendingCall[] = [];
  readonly #inFlight = new Map<number, PendingCall>();
  #lastSerial = 0;

  constructor(maxInFlight: number, send: (call: PendingCall) => void) {
    this.#maxInFlight = maxInFlight;
    this.#send = send;
  }

  /** Calls at the daemon, abandoned ones included. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  get waiting(): number {
    return this.#urgent.length + this.#waiting.length;
  }

  /** Calls at the daemon for which nobody waits any more. */
  get abandoned(): number {
    let count = 0;
    for (const call of this.#inFlight.values()) {
      count += call.isAbandoned ? 1 : 0;
    }
    return count;
  }

  add(call: PendingCall, urgent: boolean): void {
    (urgent ? this.#urgent : this.#waiting).push(call);
    this.#sendNext();
  }

  /** Gives up waiting for a call. One that was never sent is simply forgotten. */
  abandon(call: PendingCall, reason: (sent: boolean) => Error): void {
    const isSent = call.serial !== 0;
    if (!isSent) {
      for (const queue of [this.#urgent, this.#waiting]) {
        const at = queue.indexOf(call);
        if (at >= 0) {
          queue.splice(at, 1);
        }
      }
    }
    call.settle({ error: reason(isSent) });
  }

  /** The call a reply belongs to. @throws ProtocolError if we never made it. */
  find(serial: number): PendingCall {
    const call = this.#inFlight.get(serial);
    if (!call) {
      throw new ProtocolError(`A reply names call ${serial}, which was not made.`);
    }
    return call;
  }

  complete(call: PendingCall, result: CallResult): void {
    this.#inFlight.delete(call.serial);
    call.settle(result);
    this.#sendNext();
  }

  /** Fails everything: what was sent has an unknown outcome, what was not can be repeated. */
  failAll(cause: Error): void {
    const sent = [...this.#inFlight.values()];
    const unsent = [...this.#urgent.splice(0), ...this.#waiting.splice(0)];
    this.#inFlight.clear();
    for (const call of sent) {
      call.settle({ error: closedError(call.procedure.name, cause, 'unknown') });
    }
    for (const call of unsent) {
      call.settle({ error: closedError(call.procedure.name, cause, 'notSent') });
    }
  }

  #sendNext(): void {
    while (this.#inFlight.size < this.#maxInFlight) {
      const call = this.#urgent.shift() ?? this.#waiting.shift();
      if (!call) {
        return;
      }
      // 0 is the serial of events; after 2^32 calls the count starts again
      do {
        this.#lastSerial = (this.#lastSerial + 1) >>> 0;
      } while (this.#lastSerial === 0 || this.#inFlight.has(this.#lastSerial));
      call.serial = this.#lastSerial;
      this.#inFlight.set(call.serial, call);
      this.#send(call);
    }
  }
}
