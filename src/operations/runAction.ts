import type { Clock } from '../base/clock.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { HostSession } from '../inventory/hostSession.ts';
import { isGone } from '../inventory/readDomains.ts';
import { LibvirtError, TransportError } from '../libvirt/errors.ts';
import type { Domain } from '../model/domain.ts';
import { guardAction, type VmAction } from './guards.ts';

/** Not tried, since it could not have worked. */
export interface Refused {
  readonly status: 'refused';
  readonly reason: string;
}

/** How an action can end other than well. */
type ActionFailure =
  | Refused
  /** Tried, and libvirt refused or could not. */
  | { readonly status: 'failed'; readonly reason: string; readonly error: Error }
  /** The connection was lost on the way, and it could not be found out what became of it. */
  | { readonly status: 'unknown'; readonly reason: string }
  /** The person gave up. Unless libvirt confirmed that it stopped, it may still do it. */
  | { readonly status: 'cancelled'; readonly mayStillHappen: boolean };

/** How an action ended: one of its good ends, or a failure. */
export type ActionResult<Good extends { readonly status: string } = Done> = Good | ActionFailure;

/** It is done: libvirt confirmed it, or it was seen after a lost connection. */
export interface Done {
  readonly status: 'done';
}

export interface ActionOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the host to come back when its connection is lost on the way, in milliseconds. */
  readonly lookAgainMs?: number;
}

/** Thrown by an attempt that was stopped at the person's wish: libvirt confirmed that it will not happen. */
export class StoppedError extends CancelledError {}

/** Something to be done on a host: the calls, and how to tell afterwards whether it was done. */
export interface Attempt<Good extends { readonly status: string }> {
  /** What and to whom, for log and sentences: `destroy web-01`. */
  readonly what: string;
  /** The VM it is about; it is read again afterwards. */
  readonly domain: Pick<Domain, 'uuid' | 'name'> | undefined;
  run(): Promise<Good | ActionFailure>;
  /**
   * After a lost connection: the good end if the host shows that it was done, undefined if it shows that it was
   * not. Left out where nothing shows it.
   */
  readonly findOut?: ((now: Domain | undefined) => Promise<Good | undefined>) | undefined;
}

/** An action on one VM, as {@link runAction} carries it out. */
export interface VmActionRow<Good extends { readonly status: string }> {
  run(domain: Domain): Promise<Good | ActionFailure>;
  /** See {@link Attempt.findOut}. */
  readonly findOut?: ((now: Domain | undefined) => Promise<Good | undefined>) | undefined;
}

const defaultLookAgainMs = 30_000;

/**
 * Does something to one VM, if its state and host allow it, and says how it ended; never throws for what can be
 * expected. The inventory has been read again when it returns.
 */
export async function runAction<Good extends { readonly status: string }>(
  session: HostSession,
  uuid: string,
  action: VmAction,
  row: VmActionRow<Good>,
  options: ActionOptions,
): Promise<ActionResult<Good>> {
  const domain = session.domain(uuid);
  const reason = guardAction(action, domain, session.status);
  if (reason !== undefined || !domain) {
    return { status: 'refused', reason: reason ?? 'The VM does not exist any more.' };
  }
  const attempt: Attempt<Good> = {
    what: `${action} ${domain.name}`,
    domain,
    run: () => row.run(domain),
    findOut: row.findOut,
  };
  return runAttempt(session, attempt, options);
}

/** Makes an attempt that no guard needs to be asked about any more; see {@link runAction}. */
export async function runAttempt<Good extends { readonly status: string }>(
  session: HostSession,
  attempt: Attempt<Good>,
  options: ActionOptions,
): Promise<ActionResult<Good>> {
  const { log } = options;
  const { what, domain } = attempt;
  log.info(what);
  try {
    const result = await attempt.run();
    await readAgain(session, domain?.uuid, log);
    return result;
  } catch (error) {
    log.warn(`${what}: ${messageOf(error)}`);
    if (error instanceof CancelledError) {
      return { status: 'cancelled', mayStillHappen: !(error instanceof StoppedError) };
    }
    if (error instanceof TransportError && error.outcome === 'unknown') {
      return findOut(session, attempt, error, options);
    }
    if (error instanceof LibvirtError) {
      await readAgain(session, domain?.uuid, log);
      const reason =
        domain && isGone(error) ? `${domain.name} was deleted meanwhile.` : error.message;
      return { status: 'failed', reason, error };
    }
    if (error instanceof TransportError) {
      return { status: 'failed', reason: error.message, error };
    }
    throw error;
  }
}

/** The connection was lost, or time ran out, while libvirt was at it: looks at the VM once the host is there. */
async function findOut<Good extends { readonly status: string }>(
  session: HostSession,
  { domain, findOut: look }: Attempt<Good>,
  error: TransportError,
  { clock, log, signal, lookAgainMs = defaultLookAgainMs }: ActionOptions,
): Promise<ActionResult<Good>> {
  const lost =
    error.kind === 'timeout'
      ? `${session.name} did not answer in time`
      : `The connection to ${session.name} was lost on the way`;
  if (!look || !domain) {
    return {
      status: 'unknown',
      reason: `${lost}, and nothing shows afterwards whether it was done.`,
    };
  }
  const tooLong = new AbortController();
  const timer = clock.after(lookAgainMs, () => {
    tooLong.abort(new CancelledError('Waiting for the host'));
  });
  const enough = signal ? AbortSignal.any([signal, tooLong.signal]) : tooLong.signal;
  try {
    const found = await whenBack(session, enough, async () => {
      await session.refreshDomain(domain.uuid);
      return look(session.domain(domain.uuid));
    });
    if (found) {
      return found;
    }
  } catch (lookError) {
    log.debug(messageOf(lookError));
    if (signal?.aborted) {
      return { status: 'cancelled', mayStillHappen: true };
    }
    return { status: 'unknown', reason: `${lost}, and it did not come back in time to look.` };
  } finally {
    timer.dispose();
  }
  const now = session.domain(domain.uuid);
  const state = now ? `is ${now.state} now` : 'does not exist any more';
  return { status: 'unknown', reason: `${lost}; ${domain.name} ${state}.` };
}

/** Of a host's connections one may be lost before the other: looking that fails is tried again. */
async function whenBack<T>(
  session: HostSession,
  signal: AbortSignal,
  look: () => Promise<T>,
): Promise<T> {
  for (;;) {
    await session.whenReady(signal);
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof TransportError)) {
        throw error;
      }
    }
  }
}

/** What libvirt sends no event for shows at once; a failure to read is told by the session. */
async function readAgain(session: HostSession, uuid: string | undefined, log: Log): Promise<void> {
  if (uuid === undefined) {
    return;
  }
  try {
    await session.refreshDomain(uuid);
  } catch (error) {
    log.debug(`reading again failed: ${messageOf(error)}`);
  }
}
