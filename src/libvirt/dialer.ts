import type { Duplex } from 'node:stream';

export interface DialOptions {
  /** The daemon's read-only socket, which more people may use. */
  readonly readOnly: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A way to a daemon's socket. Each call opens another stream to the same daemon. */
export interface Dialer {
  /** For people: where the bytes go, such as a socket's path. */
  readonly place: string;
  /** @throws TransportError saying what is wrong with the way there and what to do. */
  dial(options: DialOptions): Promise<Duplex>;
}
