import type { Clock } from '../base/clock.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Connection } from '../libvirt/connection.ts';
import { authType } from '../libvirt/constants.ts';
import { TransportError } from '../libvirt/errors.ts';
import { authList } from '../libvirt/protocol/connect.ts';
import { parseHostUri } from '../libvirt/uri.ts';
import {
  canStartDaemon,
  createUnixDialer,
  processEnvironment,
  type DialEnvironment,
} from './unixDialer.ts';

/** A libvirt daemon of this machine that could be added as a host. */
export interface LocalHost {
  readonly kind: 'system' | 'session';
  readonly uri: string;
  /** For people. */
  readonly label: string;
  /** False of a user's own daemon that does not run, and is started by the first who connects. */
  readonly isRunning: boolean;
  /**
   * What its sockets let us do: act, only look, or nothing. Where {@link asksPolkit} is set, polkit has a say too
   * when it is opened.
   */
  readonly access: 'readWrite' | 'readOnly' | 'none';
  readonly asksPolkit: boolean;
  /** Why we may not act, and what to do about it; undefined where we may. */
  readonly reason: string | undefined;
}

export interface FindLocalHostsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  readonly environment?: DialEnvironment;
}

const answerDeadlineMs = 1_500;

/**
 * Looks which libvirt daemons of this machine answer. Starts none: a user's own daemon that does not run is found
 * by its program. (A system daemon that systemd starts on the first word to its socket is started by that, as by
 * any client.)
 * @throws CancelledError if the signal is aborted.
 */
export async function findLocalHosts(
  options: FindLocalHostsOptions,
): Promise<readonly LocalHost[]> {
  const environment = options.environment ?? processEnvironment();
  const candidates = [
    { kind: 'system', uri: 'qemu:///system', label: 'This machine (system)' },
    { kind: 'session', uri: 'qemu:///session', label: 'This machine (your own VMs only)' },
  ] as const;
  const found = await Promise.all(
    candidates
      // For root both are the same daemon
      .filter(({ kind }) => kind === 'system' || !environment.isRoot)
      .map(async (candidate) => {
        const access = await look(candidate.uri, environment, options);
        return access && { ...candidate, ...access };
      }),
  );
  return found.filter((host) => host !== undefined);
}

type Found = Pick<LocalHost, 'access' | 'asksPolkit' | 'reason' | 'isRunning'>;

/** @returns undefined if nobody answers there, and nobody could be made to. */
async function look(
  uri: string,
  environment: DialEnvironment,
  options: FindLocalHostsOptions,
): Promise<Found | undefined> {
  // With no folder to find its program in, a daemon that does not run is not started
  const where = { ...environment, programFolders: [] };
  try {
    const asksPolkit = await isGuarded(uri, where, false, options);
    return { access: 'readWrite', asksPolkit, reason: undefined, isRunning: true };
  } catch (error) {
    if (!(error instanceof TransportError)) {
      throw error;
    }
    options.log.debug(`${uri}: ${error.message}`);
    if (error.kind !== 'permission') {
      return (await canStartDaemon(parseHostUri(uri), environment))
        ? { access: 'readWrite', asksPolkit: false, reason: undefined, isRunning: false }
        : undefined;
    }
    const access = await mayLook(uri, where, options);
    return { access, asksPolkit: false, reason: error.message, isRunning: true };
  }
}

async function mayLook(
  uri: string,
  environment: DialEnvironment,
  options: FindLocalHostsOptions,
): Promise<'readOnly' | 'none'> {
  try {
    await isGuarded(uri, environment, true, options);
    return 'readOnly';
  } catch (error) {
    if (error instanceof CancelledError) {
      throw error;
    }
    options.log.debug(`${uri}, read-only: ${messageOf(error)}`);
    return 'none';
  }
}

/** Whether the daemon that answers there wants a word with polkit. @throws TransportError if none answers. */
async function isGuarded(
  uri: string,
  environment: DialEnvironment,
  readOnly: boolean,
  { clock, log, signal }: FindLocalHostsOptions,
): Promise<boolean> {
  const dialer = createUnixDialer(parseHostUri(uri), clock, environment);
  const connection = new Connection(await dialer.dial({ readOnly, signal }), { clock, log });
  try {
    const limits = { deadlineMs: answerDeadlineMs, signal };
    const { types } = await connection.call(authList, undefined, limits);
    return types.includes(authType.polkit) && !types.includes(authType.none);
  } finally {
    connection.close();
  }
}
