import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/event.ts';
import type { Log } from '../base/log.ts';
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

  /** @throws TransportError as {@link openConnection} does. */
  static async open(options: LinkOptions, signal?: AbortSignal): Promise<HostLink> {
    return new HostLink(await openConnection({ ...options, maxInFlight, signal }), options);
  }

  get isReadOnly(): boolean {
    return this.#options.readOnly;
  }

  /** A call that may wait for a VM. */
  async callSlow<Args, Ret>(
    procedure: Procedure<Args, Ret>,
    args: Args,
    options?: CallOptions,
  ): Promise<Ret> {
    return this.#onSlow((connection) => connection.call(procedure, args, options));
  }

  /** A call that opens a stream; streams run beside the slow calls. */
  async openStream<Args, Ret>(
    procedure: Procedure<Args, Ret> & { readonly stream: string },
    args: Args,
    options?: CallOptions,
  ): Promise<{ readonly ret: Ret; readonly stream: RpcStream }> {
    return this.#onSlow((connection) => connection.open(procedure, args, options));
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
  async #onSlow<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    const lane = this.#pickLane();
    lane.reserved++;
    let connection: Connection;
    try {
      connection = await lane.opening;
    } finally {
      lane.reserved--;
    }
    return use(connection);
  }

  #pickLane(): SlowLane {
    const free = this.#slow.find((lane) => occupied(lane) < maxInFlight);
    if (free) {
      return free;
    }
    if (this.#slow.length < maxSlowConnections) {
      return this.#openLane();
    }
    const moving = this.#slow.find(
      (lane) => (lane.connection?.abandoned ?? 0) < (lane.connection?.inFlight ?? 1),
    );
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
