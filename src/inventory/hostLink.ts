import { onAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import { Emitter } from '../base/event.ts';
import type { Log } from '../base/log.ts';
import type { Turns } from '../base/turns.ts';
import type { CallOptions, Connection } from '../libvirt/connection.ts';
import type { Dialer } from '../libvirt/dialer.ts';
import { TransportError } from '../libvirt/errors.ts';
import { openConnection } from '../libvirt/openConnection.ts';
import type { Procedure } from '../libvirt/protocol/procedure.ts';
import type { RpcStream } from '../libvirt/stream.ts';
import type { HostUri } from '../libvirt/uri.ts';

export interface LinkOptions {
  readonly uri: HostUri;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly log: Log;
  readonly readOnly: boolean;
  readonly turns?: Turns | undefined;
}

/** libvirtd serves 5 requests of a connection at a time; one is left free, so that it goes on reading. */
const maxInFlight = 4;
/**
 * Connections for what can block. Together with the fast one they can hold 16 of the 20 workers a libvirtd
 * has by default (`max_workers`), were every call to hang: it still serves others.
 */
const maxSlowConnections = 3;
/** A fresh connection to a daemon that is well opens in a few milliseconds, over a slow network in hundreds. */
const probeDeadlineMs = 1_200;

/**
 * The connections to one daemon: a fast one for calls that return at once, events included, and slow ones for
 * calls that wait for a VM, opened when first needed. A slow connection whose places are all held by calls
 * that never return is passed over.
 */
export class HostLink {
  readonly fast: Connection;
  readonly #options: LinkOptions;
  readonly #slow: SlowLane[] = [];
  readonly #closed = new Emitter<Error>();
  readonly #closing = new AbortController();

  /** Fires once, when the fast connection is gone. */
  readonly onDidClose = this.#closed.event;

  private constructor(fast: Connection, options: LinkOptions) {
    this.fast = fast;
    this.#options = options;
    fast.onDidClose((cause) => {
      this.close(cause);
      this.#closed.fire(cause);
    });
  }

  /**
   * @param mayAsk a person waits, and may be asked
   * @throws TransportError as {@link openConnection} does.
   */
  static async open(
    options: LinkOptions,
    signal?: AbortSignal,
    mayAsk?: boolean,
  ): Promise<HostLink> {
    return new HostLink(await openConnection({ ...options, maxInFlight, signal, mayAsk }), options);
  }

  get isReadOnly(): boolean {
    return this.#options.readOnly;
  }

  /** Whether a slow call would be made at once, and not wait until others return. */
  get hasSlowPlace(): boolean {
    return (
      this.#slow.length < maxSlowConnections ||
      this.#slow.some((lane) => occupied(lane) < maxInFlight)
    );
  }

  /** A call that may wait for a VM. The deadline holds for opening a connection for it, and then for the call. */
  async callSlow<Args, Ret>(
    procedure: Procedure<Args, Ret>,
    args: Args,
    options: CallOptions = {},
  ): Promise<Ret> {
    return this.#onSlow(procedure.name, options, (connection) =>
      connection.call(procedure, args, options),
    );
  }

  /** A call that opens a stream; streams run beside the slow calls. */
  async openStream<Args, Ret>(
    procedure: Procedure<Args, Ret> & { readonly stream: string },
    args: Args,
    options: CallOptions = {},
  ): Promise<{ readonly ret: Ret; readonly stream: RpcStream }> {
    return this.#onSlow(procedure.name, options, (connection) =>
      connection.open(procedure, args, options),
    );
  }

  /** Whether a fresh connection to the daemon can be opened: tells a hung daemon from a dead connection. */
  async isDaemonAnswering(): Promise<boolean> {
    const giveUp = new AbortController();
    const timer = this.#options.clock.after(probeDeadlineMs, () => {
      giveUp.abort();
    });
    try {
      const probe = await openConnection({
        ...this.#options,
        signal: AbortSignal.any([giveUp.signal, this.#closing.signal]),
      });
      probe.close();
      return true;
    } catch {
      return false;
    } finally {
      timer.dispose();
    }
  }

  close(cause?: Error): void {
    this.#closing.abort();
    this.fast.close(cause);
    for (const { opening } of this.#slow.splice(0)) {
      opening.then(
        (connection) => {
          connection.close(cause);
        },
        () => undefined,
      );
    }
  }

  /** Opens or picks a connection, and keeps a place on it from this moment on. */
  async #onSlow<T>(
    name: string,
    options: CallOptions,
    use: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const lane = this.#pickLane();
    lane.reserved++;
    let connection: Connection;
    try {
      connection = await this.#whenOpen(lane, name, options);
    } finally {
      lane.reserved--;
    }
    return use(connection);
  }

  /** @throws TransportError, or CancelledError only if the caller's signal was aborted: it was not sent. */
  async #whenOpen(
    lane: SlowLane,
    name: string,
    { signal, deadlineMs = Number.POSITIVE_INFINITY }: CallOptions,
  ): Promise<Connection> {
    const watches = new DisposableStore();
    try {
      return await new Promise<Connection>((resolve, reject) => {
        if (signal?.aborted) {
          throw new CancelledError(name, { cause: signal.reason });
        }
        lane.opening.then(resolve, (error: unknown) => {
          reject(this.#notSent(name, error));
        });
        if (signal) {
          watches.add(
            onAbort(signal, () => {
              reject(new CancelledError(name, { cause: signal.reason }));
            }),
          );
        }
        if (Number.isFinite(deadlineMs)) {
          watches.add(
            this.#options.clock.after(deadlineMs, () => {
              reject(
                new TransportError(
                  'timeout',
                  `${name} was not sent: no connection for it opened within ${deadlineMs} ms.`,
                  { outcome: 'notSent' },
                ),
              );
            }),
          );
        }
      });
    } finally {
      watches.dispose();
    }
  }

  /** That a connection did not open says nothing about who wanted it, nor about any VM. */
  #notSent(name: string, error: unknown): TransportError {
    const isClosing = this.#closing.signal.aborted;
    return new TransportError(
      !isClosing && error instanceof TransportError ? error.kind : 'closed',
      `${name} was not sent: ${isClosing ? 'the host is disconnected.' : messageOf(error)}`,
      { cause: error, outcome: 'notSent' },
    );
  }

  #pickLane(): SlowLane {
    const free = this.#slow.find((lane) => occupied(lane) < maxInFlight);
    if (free) {
      return free;
    }
    if (this.#slow.length < maxSlowConnections) {
      return this.#openLane();
    }
    // Where somebody still waits for a call, it may yet return; best where the fewest hang
    const [moving] = this.#slow
      .filter((lane) => lane.reserved > 0 || abandoned(lane) < (lane.connection?.inFlight ?? 1))
      .sort((one, other) => abandoned(one) - abandoned(other) || occupied(one) - occupied(other));
    if (!moving) {
      throw new TransportError(
        'timeout',
        `${this.#slow.length * maxInFlight} calls to VMs of this host do not return; no more are made until one does, so that the daemon goes on serving others.`,
        { outcome: 'notSent' },
      );
    }
    return moving;
  }

  #openLane(): SlowLane {
    const lane: SlowLane = {
      opening: openConnection({ ...this.#options, maxInFlight, signal: this.#closing.signal }),
      connection: undefined,
      reserved: 0,
    };
    this.#slow.push(lane);
    const forget = (): void => {
      const at = this.#slow.indexOf(lane);
      if (at >= 0) {
        void this.#slow.splice(at, 1);
      }
    };
    lane.opening.then((connection) => {
      lane.connection = connection;
      connection.onDidClose(forget);
    }, forget);
    return lane;
  }
}

/** A connection for calls that may wait, perhaps still being opened. */
interface SlowLane {
  readonly opening: Promise<Connection>;
  connection: Connection | undefined;
  /** Calls that have a place but were not made yet. */
  reserved: number;
}

function occupied({ connection, reserved }: SlowLane): number {
  return reserved + (connection ? connection.inFlight + connection.waiting : 0);
}

/** Calls that hold a place though nobody waits for them any more. */
function abandoned({ connection }: SlowLane): number {
  return connection?.abandoned ?? 0;
}
