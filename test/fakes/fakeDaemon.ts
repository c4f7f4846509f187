import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { CancelledError } from '../../src/base/errors.ts';
import { authType, daemonFeature } from '../../src/libvirt/constants.ts';
import type { Dialer, DialOptions } from '../../src/libvirt/dialer.ts';
import { errorCode, TransportError } from '../../src/libvirt/errors.ts';
import * as connect from '../../src/libvirt/protocol/connect.ts';
import type { EventMessage, Procedure } from '../../src/libvirt/protocol/procedure.ts';
import { createDuplexPair } from './duplexPair.ts';
import { FakeConnection } from './fakeConnection.ts';
import { errorDomain, notSupported, Refusal, rpcRefusal } from './refusal.ts';
import type { AnyHandler, Handler, ReceivedCall, ServedCall } from './servedCall.ts';

/** How the daemon lets clients in. */
export type AuthMode = 'none' | 'polkit' | 'polkitRefused' | 'sasl';

export interface FakeDaemonOptions {
  readonly auth?: AuthMode;
  /** `max_client_requests` of libvirtd.conf. */
  readonly maxRequests?: number;
}

/** Calls of one procedure that wait to be answered. */
export interface Hold {
  /** How many wait. */
  readonly waiting: number;
  /** Lets those that wait be answered, and all later ones. */
  release(): void;
}

/** Calls that need no opened driver, or no proof of identity. */
const beforeOpen: ReadonlySet<number> = new Set(
  [connect.authList, connect.authPolkit, connect.connectOpen, connect.connectSupportsFeature].map(
    (row) => row.number,
  ),
);
const beforeAuth: ReadonlySet<number> = new Set(
  [connect.authList, connect.authPolkit].map((row) => row.number),
);
const registerProcedures: ReadonlySet<number> = new Set(
  [
    connect.connectDomainEventCallbackRegisterAny,
    connect.connectNetworkEventRegisterAny,
    connect.connectStoragePoolEventRegisterAny,
    connect.connectNodeDeviceEventRegisterAny,
    connect.connectSecretEventRegisterAny,
  ].map((row) => row.number),
);

/**
 * The server half of libvirt's protocol over the client's own procedure tables. It opens, authenticates,
 * registers for events and keeps alive by itself; what else it answers are the handlers it was given, and what
 * it has none for it refuses as a driver that lacks the function.
 *
 * Reached in memory through {@link dialer}, or on a unix socket after {@link listen}; any number of connections.
 */
export class FakeDaemon {
  auth: AuthMode;
  /** Set while nobody can connect. */
  unreachable: TransportError | undefined;
  /** What {@link dialer} was asked for, in order. */
  readonly dials: DialOptions[] = [];
  /** Every call of every connection, in order. */
  readonly calls: ReceivedCall[] = [];
  /** Every connection there ever was, in order. */
  readonly accepted: FakeConnection[] = [];
  readonly #maxRequests: number;
  readonly #handlers = new Map<number, AnyHandler>();
  readonly #holds = new Map<number, Promise<void>>();
  readonly #servers: Server[] = [];
  #lastCallback = 0;

  readonly dialer: Dialer = {
    place: 'the fake daemon',
    dial: (options) => {
      this.dials.push(options);
      if (options.signal?.aborted) {
        return Promise.reject(new CancelledError('Dialling', { cause: options.signal.reason }));
      }
      if (this.unreachable) {
        return Promise.reject(this.unreachable);
      }
      return Promise.resolve(this.connect());
    },
  };

  constructor(options: FakeDaemonOptions = {}) {
    this.auth = options.auth ?? 'none';
    this.#maxRequests = options.maxRequests ?? 5;
  }

  /** The connections that are open now. */
  get connections(): readonly FakeConnection[] {
    return this.accepted.filter((connection) => !connection.isClosed);
  }

  /** The connection that was made last. */
  get latest(): FakeConnection {
    const latest = this.accepted.at(-1);
    if (!latest) {
      throw new Error('Nobody has connected.');
    }
    return latest;
  }

  /** Says how calls of a procedure are answered from now on. */
  handle<Args, Ret>(procedure: Procedure<Args, Ret>, handler: Handler<Args, Ret>): this {
    this.#handlers.set(procedure.number, handler as AnyHandler);
    return this;
  }

  /** Lets calls of a procedure wait until they are released. */
  hold<Args, Ret>(procedure: Procedure<Args, Ret>): Hold {
    const { number } = procedure;
    let release: () => void = () => undefined;
    const before = this.calls.filter((call) => call.procedure.number === number).length;
    this.#holds.set(
      number,
      new Promise((resolve) => {
        release = () => {
          this.#holds.delete(number);
          resolve();
        };
      }),
    );
    const calls = this.calls;
    return {
      get waiting(): number {
        return calls.filter((call) => call.procedure.number === number).length - before;
      },
      release,
    };
  }

  /** The calls of one procedure, on whatever connection: their arguments, in order. */
  callsOf<Args, Ret>(procedure: Procedure<Args, Ret>): readonly Args[] {
    return this.calls
      .filter((call) => call.procedure.number === procedure.number)
      .map((call) => call.args as Args);
  }

  /** Another client's end of a connection in memory. */
  connect(options: { readonly highWaterMark?: number } = {}): Duplex {
    const [client, server] = createDuplexPair(options);
    this.#accept(server);
    return client;
  }

  /** Serves on a unix socket too. */
  async listen(path: string): Promise<void> {
    const server = createServer((socket) => {
      this.#accept(socket);
    });
    this.#servers.push(server);
    server.listen(path);
    await once(server, 'listening');
  }

  /** Sends an event to every connection that registered for any. */
  sendEvent<T>(event: EventMessage<T>, value: T): void {
    for (const connection of this.connections) {
      if (connection.registrations.length > 0) {
        connection.sendEvent(event, value);
      }
    }
  }

  /** Drops every connection and lets nobody in, until {@link start}. */
  stop(
    unreachable = new TransportError('refused', 'Nobody listens: the fake daemon was stopped.'),
  ): void {
    this.unreachable = unreachable;
    for (const connection of this.connections) {
      connection.drop();
    }
  }

  /** Lets clients in again. */
  start(): void {
    this.unreachable = undefined;
  }

  /** Drops every connection and leaves the sockets. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all(
      this.#servers.splice(0).map(async (server) => {
        server.close();
        await once(server, 'close');
      }),
    );
  }

  #accept(duplex: Duplex): void {
    const connection = new FakeConnection(duplex, {
      maxRequests: this.#maxRequests,
      received: (call) => {
        this.calls.push(call);
      },
      answer: (args, call) => this.#answer(args, call),
    });
    connection.isAuthenticated = this.auth === 'none';
    this.accepted.push(connection);
  }

  #answer(args: unknown, call: ServedCall): unknown {
    const { procedure, connection } = call;
    if (!connection.isAuthenticated && !beforeAuth.has(procedure.number)) {
      throw rpcRefusal('authentication required');
    }
    if (!connection.opened && !beforeOpen.has(procedure.number)) {
      throw new Refusal(errorCode.internalError, 'hypervisor connection not open', {
        domain: errorDomain.rpc,
      });
    }
    const handler = this.#handlers.get(procedure.number) ?? this.#builtIn(procedure);
    const hold = this.#holds.get(procedure.number);
    return hold ? hold.then(() => handler(args, call)) : handler(args, call);
  }

  #builtIn(procedure: Procedure<unknown, unknown>): AnyHandler {
    if (registerProcedures.has(procedure.number)) {
      return (args, { connection }) => {
        const { eventID } = args as { readonly eventID: number };
        const callbackID = this.#lastCallback++;
        connection.registrations.push({ procedure: procedure.name, eventID, callbackID });
        return { callbackID };
      };
    }
    switch (procedure) {
      case connect.authList:
        return () => ({ types: [authTypeOf(this.auth)] });
      case connect.authPolkit:
        return (_args, { connection }) => {
          if (this.auth !== 'polkit') {
            throw new Refusal(
              errorCode.authFailed,
              'authentication failed: access denied by policy',
              { domain: errorDomain.polkit },
            );
          }
          connection.isAuthenticated = true;
          return { complete: 1 };
        };
      case connect.connectOpen:
        return (args, { connection }) => {
          connection.opened = args as NonNullable<FakeConnection['opened']>;
        };
      case connect.connectSupportsFeature:
        return (args) => ({ supported: supportedFeatures.has((args as Feature).feature) ? 1 : 0 });
      case connect.connectClose:
      case connect.connectRegisterCloseCallback:
        return () => undefined;
      default:
        throw notSupported(procedure.name);
    }
  }
}

interface Feature {
  readonly feature: number;
}

const supportedFeatures: ReadonlySet<number> = new Set(Object.values(daemonFeature));

function authTypeOf(mode: AuthMode): number {
  switch (mode) {
    case 'none':
      return authType.none;
    case 'sasl':
      return authType.sasl;
    case 'polkit':
    case 'polkitRefused':
      return authType.polkit;
  }
}
