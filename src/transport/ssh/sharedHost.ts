import type { Duplex } from 'node:stream';
import { untilAborted } from '../../base/abort.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { DialOptions, DialRoute, DialStep } from '../../libvirt/dialer.ts';
import { TransportError, type SocketWay } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import type { FarEnd } from './farEnd.ts';
import { look, reachSocket, type FarSide } from './reachSocket.ts';
import type { SshContext, SshHost } from './sshHost.ts';
import type { SshTarget } from './sshTarget.ts';

/** After the last stream, for the next: sessions close and open one after another. */
const lingerMs = 3_000;

/** An open connection to a machine. */
export interface MachineConnection extends FarSide {
  readonly isClosed: boolean;
  /** Fires once, with why. */
  readonly onDidClose: Event<Error>;
  close(): void;
}

/** One of the two SSH clients. */
export interface SshClient {
  readonly name: DialRoute['client'];
  /** @throws TransportError, CancelledError */
  open(
    target: SshTarget,
    options: {
      /** Ends the opening; nothing once it is open. */
      readonly signal: AbortSignal;
      /** A person waits and may be asked. */
      readonly mayAsk: boolean;
      readonly onStep: (step: DialStep, detail: string) => void;
    },
  ): Promise<MachineConnection>;
}

type Steps = (readonly [DialStep, string])[];

interface Opening {
  readonly connection: Promise<MachineConnection>;
  readonly steps: Steps;
  readonly listeners: Set<(step: DialStep, detail: string) => void>;
  readonly abort: AbortController;
  waiting: number;
}

/** A machine reached by one of the clients: see {@link SshHost}. */
export class SharedHost implements SshHost {
  readonly #target: SshTarget;
  readonly #context: SshContext;
  readonly #client: SshClient;
  #opening: Opening | undefined;
  #connection: MachineConnection | undefined;
  /** What was found at the far end of this connection, by the URI's socket and driver. */
  readonly #farEnds = new Map<string, Promise<FarEnd | undefined>>();
  /** How each socket was reached last; outlives the connection. */
  readonly #ways = new Map<string, SocketWay>();
  #lastWay: SocketWay | undefined;
  /** Those of the connection that is open. */
  #steps: Steps = [];
  #streams = 0;
  /** Takes the streams that the server allows no more of on this connection. */
  #overflow: SharedHost | undefined;
  #linger: Disposable | undefined;

  constructor(target: SshTarget, context: SshContext, client: SshClient) {
    this.#target = target;
    this.#context = context;
    this.#client = client;
  }

  get route(): DialRoute {
    const { user, hostName, port, notes } = this.#target;
    const via: string[] = [];
    for (let { jump } = this.#target; jump; jump = jump.jump) {
      via.unshift(jump.alias);
    }
    return {
      client: this.#client.name,
      destination: `${user}@${hostName}:${port}`,
      via,
      found: this.isConnected ? this.#steps.map(([step, detail]) => ({ step, detail })) : [],
      way: this.#lastWay,
      notes,
    };
  }

  get isConnected(): boolean {
    return this.#connection?.isClosed === false;
  }

  async dial(uri: HostUri, options: DialOptions): Promise<Duplex> {
    this.#streams++; // from now on the connection is needed
    this.#linger?.dispose();
    let isOpen = false;
    try {
      const before = this.#connection;
      const stream = await this.#reach(uri, options).catch((error: unknown) => {
        // It had died, and nobody had noticed: that is no reason to fail now
        if (before?.isClosed && this.#connection === before && !options.signal?.aborted) {
          return this.#reach(uri, options);
        }
        throw error;
      });
      isOpen = true;
      let isCounted = true;
      const release = (): void => {
        if (isCounted) {
          isCounted = false;
          this.#release();
        }
      };
      stream.once('close', release).once('error', release);
      return stream;
    } finally {
      if (!isOpen) {
        this.#release();
      }
    }
  }

  async #reach(uri: HostUri, options: DialOptions): Promise<Duplex> {
    const { signal, readOnly } = options;
    const connection = await this.#connect(options);
    const { clock, log } = this.#context;
    const slot = `${uri.driver} ${uri.path} ${uri.parameters['socket'] ?? ''}`;
    const what = `Reaching the daemon of ${this.#target.alias}`;
    const remembered = this.#ways.get(slot);
    try {
      const { stream, way } = await reachSocket(connection, {
        uri,
        target: this.#target,
        readOnly,
        clock,
        log,
        signal,
        remembered,
        farEnd: await untilAborted(this.#farEnd(slot, connection, uri), signal, what),
      });
      this.#ways.set(slot, way);
      this.#lastWay = way;
      return stream;
    } catch (error) {
      const isFull =
        remembered !== undefined && error instanceof TransportError && error.kind === 'forbidden';
      if (!isFull || connection.isClosed) {
        throw error;
      }
      // What worked before does not now: the server allows no more sessions of a connection (MaxSessions)
      log.info(`${this.#target.alias} takes no more on this connection; opening another`);
      this.#overflow ??= new SharedHost(this.#target, this.#context, this.#client);
      return this.#overflow.dial(uri, options);
    }
  }

  close(): void {
    this.#linger?.dispose();
    this.#overflow?.close();
    this.#opening?.abort.abort();
    this.#connection?.close();
    this.#connection = undefined;
    this.#farEnds.clear();
  }

  #release(): void {
    if (--this.#streams === 0 && (this.isConnected || this.#opening)) {
      this.#linger?.dispose();
      this.#linger = this.#context.clock.after(lingerMs, () => {
        if (this.#streams === 0) {
          this.close();
        }
      });
    }
  }

  /** The connection, opened now if need be; several who want it at the same time get the same. */
  async #connect({ signal, onStep, mayAsk = false }: DialOptions): Promise<MachineConnection> {
    if (this.#connection && !this.#connection.isClosed) {
      onStep?.('resolve', describeTarget(this.#target));
      for (const [step, detail] of this.#steps) {
        onStep?.(step, detail);
      }
      return this.#connection;
    }
    onStep?.('resolve', describeTarget(this.#target));
    const opening = this.#opening ?? this.#begin(mayAsk);
    for (const [step, detail] of opening.steps) {
      onStep?.(step, detail);
    }
    if (onStep) {
      opening.listeners.add(onStep);
    }
    opening.waiting++;
    try {
      return await untilAborted(opening.connection, signal, `Connecting to ${this.#target.alias}`);
    } finally {
      if (onStep) {
        opening.listeners.delete(onStep);
      }
      if (--opening.waiting === 0) {
        opening.abort.abort(); // nobody is left who wants it; does nothing to one that is open
      }
    }
  }

  #begin(mayAsk: boolean): Opening {
    const abort = new AbortController();
    const steps: Steps = [];
    const listeners = new Set<(step: DialStep, detail: string) => void>();
    const connection = this.#client.open(this.#target, {
      signal: abort.signal,
      mayAsk,
      onStep: (step, detail) => {
        steps.push([step, detail]);
        for (const listener of listeners) {
          listener(step, detail);
        }
      },
    });
    const opening: Opening = { connection, steps, listeners, abort, waiting: 0 };
    this.#opening = opening;
    connection.then(
      (opened) => {
        this.#opening = undefined;
        this.#connection = opened;
        this.#steps = steps;
        this.#farEnds.clear();
        this.#context.log.info(
          `connected to ${this.route.destination}: ${steps.at(-1)?.[1] ?? ''}`,
        );
        opened.onDidClose((cause) => {
          this.#context.log.info(`${this.route.destination}: ${cause.message}`);
        });
      },
      () => {
        this.#opening = undefined;
      },
    );
    return opening;
  }

  #farEnd(slot: string, side: FarSide, uri: HostUri): Promise<FarEnd | undefined> {
    const known = this.#farEnds.get(slot);
    if (known) {
      return known;
    }
    const found = look(side, uri, this.#context.clock, undefined);
    this.#farEnds.set(slot, found);
    found.catch(() => this.#farEnds.delete(slot));
    return found;
  }
}

function describeTarget({ user, hostName, port, jump, proxyCommand }: SshTarget): string {
  const way = jump ? `, through ${jump.alias}` : proxyCommand === undefined ? '' : ', by a proxy';
  return `${user}@${hostName}:${port}${way}`;
}
