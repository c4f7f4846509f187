import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { DialOptions, DialRoute } from '../../libvirt/dialer.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import type { SshPrompts } from './sshPrompts.ts';

/**
 * A machine reached over SSH with one connection, which all streams to its daemons share. It is opened by the
 * first {@link SshHost.dial} and closed when the last stream has been gone for a moment; a connection that broke is
 * opened again by the next `dial`, and every stream of it ends with a TransportError as its cause.
 */
export interface SshHost {
  /** How the machine is reached; `way` is that of the last stream. */
  readonly route: DialRoute;
  /** Whether a connection is open just now. */
  readonly isConnected: boolean;
  /**
   * Opens a stream to the socket of the daemon that `uri` names. Aborting ends the waiting of this caller only.
   * @throws TransportError, CancelledError
   */
  dial(uri: HostUri, options: DialOptions): Promise<Duplex>;
  /** Ends the connection and all its streams; a later `dial` connects again. */
  close(): void;
}

/** What a host needs from the outside, whichever client reaches it. */
export interface SshContext {
  readonly clock: Clock;
  /** Never given a secret. */
  readonly log: Log;
  /** Who can be asked; undefined where nobody can. */
  readonly prompts: SshPrompts | undefined;
}
