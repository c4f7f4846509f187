import type { Duplex } from 'node:stream';
import { onAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { CancelledError, toError } from '../base/errors.ts';
import { Emitter, type Event } from '../base/event.ts';
import type { Log } from '../base/log.ts';
import { Turns } from '../base/turns.ts';
import { lateError, malformedReply, namingTheCaller } from './callErrors.ts';
import { CallQueue, PendingCall, type CallResult } from './callQueue.ts';
import { decodeBody, decodeInSteps, decodeRemoteError, needsSteps } from './decode.ts';
import { ProtocolError, TransportError } from './errors.ts';
import { EventListeners } from './eventListeners.ts';
import {
  checkMessageSize,
  encodeFrame,
  FrameDecoder,
  frameOverhead,
  messageStatus,
  messageType,
  sealFrame,
  type Frame,
} from './frame.ts';
import { Keepalive, type KeepaliveOptions } from './keepalive.ts';
import { OpenStreams } from './openStreams.ts';
import { program, type EventMessage, type Procedure } from './protocol/procedure.ts';
import type { RpcStream } from './stream.ts';
import { XdrWriter } from './xdr/writer.ts';

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Calls at the daemon at a time. libvirtd serves 5 of a connection; one more and its keepalive falls silent. */
  readonly maxInFlight?: number;
  readonly keepalive?: KeepaliveOptions;
  /** Shared by connections that may all be told something at the same time. */
  readonly turns?: Turns | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call is given up; `Infinity` for calls that may take as long as they need. */
  readonly deadlineMs?: number;
  /** Goes before the calls that wait. */
  readonly urgent?: boolean;
  /** Told the result of a call that was given up, should it still come. */
  readonly onLateReply?: (result: CallResult) => void;
}

const defaultDeadlineMs = 30_000;
const defaultKeepalive: KeepaliveOptions = { intervalMs: 1_200, timeoutMs: 1_200 };
const keepaliveProcedure = { ping: 1, pong: 2 } as const;

/** What a connection has seen, for logs and tests. */
export interface ConnectionCounters {
  readonly calls: number;
  readonly events: number;
  readonly unknownEvents: number;
  readonly malformedEvents: number;
}

/**
 * One RPC connection to a libvirt daemon over any duplex byte stream: calls, events, streams and keepalive.
 * Knows nothing of how the bytes travel and does not reconnect.
 */
export class Connection {
  readonly #duplex: Duplex;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #decoder = new FrameDecoder({ streamsInPieces: true });
  readonly #queue: CallQueue;
  readonly #keepalive: Keepalive;
  readonly #streams: OpenStreams;
  readonly #events: EventListeners;
  readonly #closed = new Emitter<Error>();
  readonly #frames: Frame[] = [];
  #calls = 0;
  readonly #turns: Turns;
  #awaitsTurn = false;
  #decoding = false;
  #closeCause: Error | undefined;

  /** Fires once, with the reason. */
  readonly onDidClose = this.#closed.event;
  /** Fires when an event came that could not be read: what it told is not known. */
  readonly onDidLoseEvent: Event<void>;

  constructor(duplex: Duplex, options: ConnectionOptions) {
    this.#duplex = duplex;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#turns = options.turns ?? new Turns(options.clock);
    this.#events = new EventListeners(options.log);
    this.onDidLoseEvent = this.#events.onDidLose;
    this.#streams = new OpenStreams({
      write: (header, body) => this.#writeAndDrain(header, body),
      setReading: (isReading) => {
        this.#setReading(isReading);
      },
    });
    this.#queue = new CallQueue(options.maxInFlight ?? 4, (call) => {
      this.#send(call);
    });
    this.#keepalive = new Keepalive(options.clock, options.keepalive ?? defaultKeepalive, () => {
      this.#sendKeepalive(keepaliveProcedure.ping);
    });
    duplex.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    duplex.on('error', (error) => {
      // Who carries the bytes may know better what happened
      this.#lost(
        error instanceof TransportError
          ? error
          : new TransportError('closed', `The connection broke: ${error.message}`, {
              cause: error,
            }),
      );
    });
    duplex.on('end', () => {
      this.#lost(new TransportError('closed', 'The libvirt daemon closed the connection.'));
    });
    duplex.on('close', () => {
      this.#lost(new TransportError('closed', 'The connection was closed.'));
    });
  }

  get counters(): ConnectionCounters {
    return { calls: this.#calls, ...this.#events.counters };
  }

  /** Calls at the daemon, those nobody waits for any more included. */
  get inFlight(): number {
    return this.#queue.inFlight;
  }

  /** Calls at the daemon for which nobody waits any more. */
  get abandoned(): number {
    return this.#queue.abandoned;
  }

  /** Calls not sent yet, since as many are at the daemon as may be. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  get isClosed(): boolean {
    return this.#closeCause !== undefined;
  }

  /** False while an answer to a keepalive is overdue. */
  get isAlive(): boolean {
    return this.#keepalive.isAlive;
  }

  /** Fires false when an answer to a keepalive is overdue, true when bytes arrive again. */
  get onDidChangeLiveness(): (listener: (alive: boolean) => void) => Disposable {
    return this.#keepalive.onDidChange;
  }

  /**
   * Calls a procedure.
   * @throws LibvirtError if the daemon refuses, TransportError if it did not get through or took too long,
   * ProtocolError if arguments or reply do not follow the layout, CancelledError if the signal was aborted.
   */
  async call<Args, Ret>(
    procedure: Procedure<Args, Ret>,
    args: Args,
    options: CallOptions = {},
  ): Promise<Ret> {
    try {
      const { value } = await this.#start(procedure, args, options);
      return value;
    } catch (error) {
      throw namingTheCaller(error);
    }
  }

  /** Calls a procedure that opens a stream; see {@link call} for what it throws. */
  async open<Args, Ret>(
    procedure: Procedure<Args, Ret> & { readonly stream: string },
    args: Args,
    options: CallOptions = {},
  ): Promise<{ readonly ret: Ret; readonly stream: RpcStream }> {
    try {
      const { value, call } = await this.#start(procedure, args, options);
      if (!call.stream) {
        throw new ProtocolError(`${procedure.name} opened no stream.`);
      }
      return { ret: value, stream: call.stream };
    } catch (error) {
      throw namingTheCaller(error);
    }
  }

  /** Listens to a kind of event. The daemon sends it only after a call that registers for it. */
  on<T>(message: EventMessage<T>, listener: (value: T) => void): Disposable {
    return this.#events.on(message, listener);
  }

  /** Ends the connection; calls under way fail with `cause`. */
  close(cause: Error = new TransportError('closed', 'The connection was closed by us.')): void {
    this.#end(cause);
  }

  #start<Args, Ret>(
    procedure: Procedure<Args, Ret>,
    args: Args,
    options: CallOptions,
  ): Promise<{ readonly value: Ret; readonly call: PendingCall }> {
    const { signal, deadlineMs = defaultDeadlineMs } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        throw new CancelledError(procedure.name, { cause: signal.reason });
      }
      if (this.#closeCause) {
        throw new TransportError(
          'closed',
          `${procedure.name} was not sent: the connection is closed.`,
          {
            cause: this.#closeCause,
            outcome: 'notSent',
          },
        );
      }
      const writer = new XdrWriter(frameOverhead);
      procedure.args.write(writer, args);
      checkMessageSize(writer.bytes());
      const call: PendingCall = new PendingCall({
        procedure: procedure,
        message: writer.bytes(),
        settle: (result) => {
          if ('error' in result) {
            reject(result.error);
          } else {
            resolve({ value: result.value as Ret, call });
          }
        },
        onLateReply: options.onLateReply && this.#guarded(procedure.name, options.onLateReply),
      });
      const watches: Disposable[] = [];
      if (Number.isFinite(deadlineMs)) {
        watches.push(
          this.#clock.after(deadlineMs, () => {
            this.#queue.abandon(call, (sent) => lateError(procedure.name, deadlineMs, sent));
          }),
        );
      }
      if (signal) {
        watches.push(
          onAbort(signal, () => {
            this.#queue.abandon(
              call,
              () => new CancelledError(procedure.name, { cause: signal.reason }),
            );
          }),
        );
      }
      call.watch(watches);
      this.#queue.add(call, options.urgent ?? false);
    });
  }

  /** What a listener throws must not keep the other calls from being settled. */
  #guarded(name: string, onLateReply: (result: CallResult) => void): (result: CallResult) => void {
    return (result) => {
      try {
        onLateReply(result);
      } catch (error) {
        this.#log.error(`A listener of the late reply to ${name} failed: ${String(error)}`);
      }
    };
  }

  #send(call: PendingCall): void {
    this.#calls++;
    this.#log.trace(`call ${call.serial} ${call.procedure.name} ${call.message.length} bytes`);
    this.#write(
      sealFrame(call.message, {
        program: call.procedure.program,
        procedure: call.procedure.number,
        type: messageType.call,
        serial: call.serial,
        status: messageStatus.ok,
      }),
    );
  }

  #sendKeepalive(procedure: number): void {
    if (!this.#closeCause) {
      this.#write(
        encodeFrame({
          program: program.keepalive,
          procedure,
          type: messageType.message,
          serial: 0,
          status: messageStatus.ok,
        }),
      );
    }
  }

  #receive(chunk: Buffer): void {
    this.#keepalive.heard();
    let broken: Error | undefined;
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (frame.header.program === program.keepalive) {
          // Answered at once, however much is waiting to be decoded
          if (frame.header.procedure === keepaliveProcedure.ping) {
            this.#sendKeepalive(keepaliveProcedure.pong);
          }
        } else {
          this.#frames.push(frame);
        }
      }
    } catch (error) {
      broken = toError(error);
    }
    try {
      // What came whole before the bytes went wrong still counts, however it was cut into chunks
      this.#dispatchAll();
    } catch (error) {
      broken = toError(error);
    }
    if (broken) {
      this.#end(broken);
    }
  }

  /** Handles messages in the order they came; while one waits for its turn or is decoded, the later ones wait. */
  #dispatchAll(): void {
    while (!this.#awaitsTurn && !this.#decoding && this.#frames.length > 0) {
      const turn = this.#turns.run(() => {
        this.#dispatchNext();
      });
      if (turn) {
        this.#goOnAfter(turn);
      }
    }
  }

  #goOnAfter(turn: Promise<void>): void {
    this.#awaitsTurn = true;
    turn
      .then(() => {
        this.#awaitsTurn = false;
        this.#dispatchAll();
      })
      .catch((error: unknown) => {
        this.#end(toError(error));
      });
  }

  /** The other side has gone: what it said before counts, though it was not its turn yet. */
  #lost(cause: Error): void {
    try {
      while (!this.#decoding && this.#frames.length > 0) {
        this.#dispatchNext();
      }
      this.#end(cause);
    } catch (error) {
      this.#end(toError(error));
    }
  }

  #dispatchNext(): void {
    const frame = this.#frames.shift();
    if (frame) {
      this.#dispatch(frame);
    }
  }

  #dispatch(frame: Frame): void {
    switch (frame.header.type) {
      case messageType.reply:
        this.#dispatchReply(frame);
        return;
      case messageType.message:
        this.#events.dispatch(frame);
        return;
      case messageType.stream:
      case messageType.streamHole:
        this.#streams.dispatch(frame);
        return;
      default:
        throw new ProtocolError(`A message has the unexpected type ${frame.header.type}.`);
    }
  }

  #dispatchReply({ header, body }: Frame): void {
    const call = this.#queue.find(header.serial);
    const { name, ret } = call.procedure;
    if (header.status === messageStatus.error) {
      this.#queue.complete(call, { error: decodeRemoteError(body, name) });
    } else if (header.status !== messageStatus.ok) {
      const cause = new ProtocolError(`It has the status ${header.status}.`);
      this.#queue.complete(call, { error: malformedReply(name, cause) });
    } else if (!call.isWanted) {
      this.#succeed(call, { value: undefined });
    } else if (needsSteps(ret, body)) {
      this.#decoding = true;
      decodeInSteps(ret, body, this.#clock)
        .then(
          (value) => ({ value }),
          (error: unknown) => ({ error: malformedReply(name, error) }),
        )
        .then((result) => {
          this.#decoding = false;
          if (!this.#closeCause) {
            this.#succeed(call, result);
            this.#dispatchAll();
          }
        })
        .catch((error: unknown) => {
          this.#end(toError(error));
        });
    } else {
      this.#succeed(call, decodeReply(call, body));
    }
  }

  /** The daemon has done it: a stream is open then, even if nobody wants it or the result cannot be read. */
  #succeed(call: PendingCall, result: CallResult): void {
    if (call.procedure.stream) {
      call.stream = this.#streams.add(call);
      if (call.isAbandoned || 'error' in result) {
        call.stream.abort();
      }
    }
    this.#queue.complete(call, result);
  }

  #setReading(isReading: boolean): void {
    this.#keepalive.setReading(isReading);
    if (isReading) {
      this.#duplex.resume();
    } else {
      this.#duplex.pause();
    }
  }

  /** Messages of one turn go together: each writing wakes the other side, which costs both more than to make it. */
  #write(message: Uint8Array, written?: (error: Error | null | undefined) => void): void {
    if (this.#duplex.writableCorked === 0) {
      this.#duplex.cork();
      process.nextTick(() => {
        this.#duplex.uncork();
      });
    }
    this.#duplex.write(message, written);
  }

  #writeAndDrain(header: Buffer, body: Uint8Array): Promise<void> {
    if (this.#closeCause) {
      return Promise.reject(this.#closeCause);
    }
    return new Promise((resolve, reject) => {
      const written = (error: Error | null | undefined): void => {
        if (error) {
          reject(error);
        } else {
          resolve();
        }
      };
      if (body.length === 0) {
        this.#write(header, written);
      } else {
        this.#write(header);
        this.#write(body, written);
      }
    });
  }

  #end(cause: Error): void {
    if (this.#closeCause) {
      return;
    }
    this.#closeCause = cause;
    this.#keepalive.dispose();
    this.#duplex.destroy();
    this.#frames.length = 0;
    this.#streams.failAll(cause);
    this.#queue.failAll(cause);
    this.#closed.fire(cause);
  }
}

function decodeReply(call: PendingCall, body: Buffer): CallResult {
  try {
    return { value: decodeBody(call.procedure.ret, body) };
  } catch (error) {
    return { error: malformedReply(call.procedure.name, error) };
  }
}
