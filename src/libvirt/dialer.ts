import type { Duplex } from 'node:stream';
import type { SocketWay } from './errors.ts';

export interface DialOptions {
  /** The daemon's read-only socket, which more people may use. */
  readonly readOnly: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told each step that was made on the way to another machine, with what was found in a few words. */
  readonly onStep?: ((step: DialStep, detail: string) => void) | undefined;
  /** A person waits for this attempt, and may be asked for a passphrase or to accept a host key. */
  readonly mayAsk?: boolean | undefined;
}

/**
 * The steps before a socket of another machine can be opened, in this order. Over a connection that is open
 * already all are told at once.
 */
export const dialSteps = ['resolve', 'connect', 'hostKey', 'login'] as const;
export type DialStep = (typeof dialSteps)[number];

/** How the bytes travel to another machine, once that is known. */
export interface DialRoute {
  /** Our own SSH client, or the user's OpenSSH. */
  readonly client: 'ssh2' | 'openssh';
  /** `user@host:port` */
  readonly destination: string;
  /** The machines in between, in order. */
  readonly via: readonly string[];
  /** What the steps of the connection found, in their order: the key's fingerprint, how we logged in; while it is open. */
  readonly found: readonly { readonly step: DialStep; readonly detail: string }[];
  /** How the socket was reached last; undefined before the first time. */
  readonly way: SocketWay | undefined;
  /** What of the SSH configuration is not honoured and why, in sentences. */
  readonly notes: readonly string[];
}

/** A way to a daemon's socket. Each call opens another stream to the same daemon. */
export interface Dialer {
  /** For people: where the bytes go, such as a socket's path. */
  readonly place: string;
  /** Only of another machine, and only once it was dialled. */
  readonly route?: DialRoute | undefined;
  /** @throws TransportError saying what is wrong with the way there and what to do. */
  dial(options: DialOptions): Promise<Duplex>;
}
