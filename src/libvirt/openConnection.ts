import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { authType, connectReadOnly, daemonFeature } from './constants.ts';
import type { Dialer, DialStep } from './dialer.ts';
import { LibvirtError, ProtocolError, TransportError } from './errors.ts';
import { authList, authPolkit, connectOpen, connectSupportsFeature } from './protocol/connect.ts';
import type { HostUri } from './uri.ts';

export interface OpenOptions {
  readonly uri: HostUri;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly log: Log;
  readonly readOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for each step of the opening; a person whom polkit asks for a password gets more. */
  readonly deadlineMs?: number;
  readonly maxInFlight?: number;
  readonly keepalive?: ConnectionOptions['keepalive'];
  readonly turns?: ConnectionOptions['turns'];
  /** Told each step that was made, in order, with what was found in a few words. */
  readonly onStep?: (
    step: DialStep | 'dialled' | 'authenticated' | 'opened',
    detail: string,
  ) => void;
  /** A person waits for this attempt and may be asked for what only they can say. */
  readonly mayAsk?: boolean | undefined;
}

const defaultOpenDeadlineMs = 10_000;
const polkitDeadlineMs = 120_000;

/**
 * Opens a connection: dials, authenticates and asks the daemon for the URI's driver.
 * @throws TransportError whose kind says at which step it ended and whose message says what to do.
 */
export async function openConnection(options: OpenOptions): Promise<Connection> {
  const { uri, dialer, readOnly = false, signal, onStep, mayAsk } = options;
  const duplex = await dialer.dial({ readOnly, signal, onStep, mayAsk });
  onStep?.('dialled', dialer.place);
  const connection = new Connection(duplex, {
    clock: options.clock,
    log: options.log,
    turns: options.turns,
    ...(options.maxInFlight === undefined ? {} : { maxInFlight: options.maxInFlight }),
    ...(options.keepalive === undefined ? {} : { keepalive: options.keepalive }),
  });
  const call = { signal, deadlineMs: options.deadlineMs ?? defaultOpenDeadlineMs };
  try {
    const proof = await authenticate(connection, dialer, call);
    onStep?.('authenticated', proof);
    await openDriver(connection, uri, dialer, readOnly, call);
    onStep?.('opened', readOnly ? `${uri.daemonUri}, read-only` : uri.daemonUri);
    // From here on the daemon also watches us, and drops us should this machine vanish
    await connection.call(connectSupportsFeature, { feature: daemonFeature.keepalive }, call);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

interface CallLimits {
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number;
}

/** @returns how, in a word or two. */
async function authenticate(
  connection: Connection,
  dialer: Dialer,
  limits: CallLimits,
): Promise<string> {
  const types = await firstAnswer(connection, dialer, limits);
  if (types.includes(authType.none) || types.length === 0) {
    return 'none needed';
  }
  if (!types.includes(authType.polkit)) {
    throw new TransportError(
      'authentication',
      `The libvirt daemon at ${dialer.place} wants SASL authentication, which is not supported. ` +
        'Use a host over SSH instead, or set auth_unix_rw in libvirtd.conf to "none" or "polkit".',
    );
  }
  try {
    await connection.call(authPolkit, undefined, {
      ...limits,
      deadlineMs: Math.max(polkitDeadlineMs, limits.deadlineMs),
    });
    return 'polkit';
  } catch (error) {
    if (error instanceof LibvirtError) {
      throw new TransportError(
        'authentication',
        `polkit on the host did not let us use the libvirt daemon at ${dialer.place}: ${error.message}. ` +
          'Add your user to the group libvirt on that host, or allow org.libvirt.unix.manage in polkit.',
        { cause: error },
      );
    }
    throw error;
  }
}

/** The first call tells whether a libvirt daemon is there at all. */
async function firstAnswer(
  connection: Connection,
  dialer: Dialer,
  limits: CallLimits,
): Promise<readonly number[]> {
  try {
    return (await connection.call(authList, undefined, limits)).types;
  } catch (error) {
    const cause = error instanceof TransportError ? error.cause : error;
    if (error instanceof ProtocolError || cause instanceof ProtocolError) {
      throw new TransportError(
        'notLibvirt',
        `What answers at ${dialer.place} is not a libvirt daemon: it does not speak libvirt's protocol. Check the socket's path.`,
        { cause: error },
      );
    }
    if (error instanceof TransportError && error.kind === 'closed') {
      throw new TransportError(
        'closed',
        `What listens at ${dialer.place} closed the connection without a word: the libvirt daemon is stopping, has too many clients (max_clients), or it is something else.`,
        { cause: error },
      );
    }
    if (error instanceof TransportError && error.kind === 'timeout') {
      throw new TransportError(
        'timeout',
        `The libvirt daemon at ${dialer.place} accepts connections but does not answer. It may be hung: look at its log, or restart it (running VMs go on).`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function openDriver(
  connection: Connection,
  uri: HostUri,
  dialer: Dialer,
  readOnly: boolean,
  limits: CallLimits,
): Promise<void> {
  try {
    await connection.call(
      connectOpen,
      { name: uri.daemonUri, flags: readOnly ? connectReadOnly : 0 },
      limits,
    );
  } catch (error) {
    if (error instanceof LibvirtError) {
      throw new TransportError(
        'driver',
        `The libvirt daemon at ${dialer.place} cannot open ${uri.daemonUri}: ${error.message}. ` +
          'Check the driver and path of the URI, and that the daemon has that driver installed.',
        { cause: error },
      );
    }
    throw error;
  }
}
