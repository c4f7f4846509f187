import type { Clock } from '../base/clock.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { HostSession } from '../inventory/hostSession.ts';
import { isGone, wireDomain } from '../inventory/readDomains.ts';
import { LibvirtError, TransportError } from '../libvirt/errors.ts';
import * as procedures from '../libvirt/protocol/domain.ts';
import { isActive, type Domain } from '../model/domain.ts';
import { guardLifecycle, type LifecycleAction } from './guards.ts';

/** How an action on one VM ended. */
export type LifecycleResult =
  /** It is done: libvirt confirmed it, or it was seen after a lost connection. */
  | { readonly status: 'done' }
  /** The guest was asked; it decides when, and whether. */
  | { readonly status: 'requested' }
  /** Not tried, since it could not have worked. */
  | { readonly status: 'refused'; readonly reason: string }
  /** Tried, and libvirt refused or could not. */
  | { readonly status: 'failed'; readonly reason: string; readonly error: Error }
  /** The connection was lost on the way, and it could not be found out what became of it. */
  | { readonly status: 'unknown'; readonly reason: string }
  /** The person gave up waiting; libvirt may still do it. */
  | { readonly status: 'cancelled' };

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the host to come back when its connection is lost on the way, in milliseconds. */
  readonly lookAgainMs?: number;
}

const defaultLookAgainMs = 30_000;
/** Starting waits for disks and networks, saving writes all memory: neither has a time it should take. */
const unlimited = { deadlineMs: Number.POSITIVE_INFINITY };

/** How each action is called, and what shows that it was done; undefined where that shows nowhere. */
interface ActionRow {
  call(session: HostSession, domain: Domain, signal: AbortSignal | undefined): Promise<unknown>;
  readonly isDone: ((domain: Domain) => boolean) | undefined;
  /** It is also done if the VM is gone: one without a definition vanishes when it stops. */
  readonly isDoneWhenGone?: true;
  /** The guest decides. */
  readonly isRequest?: true;
}

const rows: Readonly<Record<LifecycleAction, ActionRow>> = {
  start: {
    call: (session, domain, signal) =>
      session.callSlow(
        procedures.domainCreateWithFlags,
        { dom: wireDomain(domain), flags: 0 },
        { ...unlimited, signal },
      ),
    isDone: (domain) => isActive(domain.state),
  },
  shutdown: {
    ...slowWithFlags(procedures.domainShutdownFlags),
    isDone: (domain) => !isActive(domain.state),
    isDoneWhenGone: true,
    isRequest: true,
  },
  reboot: { ...slowWithFlags(procedures.domainReboot), isDone: undefined, isRequest: true },
  reset: { ...slowWithFlags(procedures.domainReset), isDone: undefined },
  destroy: {
    call: destroy,
    isDone: (domain) => !isActive(domain.state),
    isDoneWhenGone: true,
  },
  suspend: {
    call: (session, domain, signal) =>
      session.callSlow(
        procedures.domainSuspend,
        { dom: wireDomain(domain) },
        { ...unlimited, signal },
      ),
    isDone: (domain) => domain.state === 'paused',
  },
  resume: {
    call: (session, domain, signal) =>
      session.callSlow(
        procedures.domainResume,
        { dom: wireDomain(domain) },
        { ...unlimited, signal },
      ),
    isDone: (domain) => domain.state === 'running',
  },
  managedSave: {
    ...slowWithFlags(procedures.domainManagedSave),
    isDone: (domain) => domain.hasManagedSave,
  },
  managedSaveRemove: {
    ...slowWithFlags(procedures.domainManagedSaveRemove),
    isDone: (domain) => !domain.hasManagedSave,
  },
  autostartOn: autostart(true),
  autostartOff: autostart(false),
};

/**
 * Does something to one VM and says how it ended; never throws for what can be expected. The inventory has
 * been read again when it returns.
 */
export async function runLifecycle(
  session: HostSession,
  uuid: string,
  action: LifecycleAction,
  options: LifecycleOptions,
): Promise<LifecycleResult> {
  const { snapshot } = session;
  const domain = snapshot.domains.get(uuid);
  const reason = guardLifecycle(action, domain, snapshot.status);
  if (reason !== undefined || !domain) {
    return { status: 'refused', reason: reason ?? 'The VM does not exist any more.' };
  }
  const row = rows[action];
  const { log } = options;
  log.info(`${action} ${domain.name}`);
  try {
    await row.call(session, domain, options.signal);
    await readAgain(session, uuid, log);
    return row.isRequest ? { status: 'requested' } : { status: 'done' };
  } catch (error) {
    log.warn(`${action} ${domain.name}: ${messageOf(error)}`);
    if (error instanceof CancelledError) {
      return { status: 'cancelled' };
    }
    if (error instanceof TransportError && error.outcome === 'unknown') {
      return findOut(session, domain, row, error, options);
    }
    if (error instanceof LibvirtError) {
      await readAgain(session, uuid, log);
      return {
        status: 'failed',
        reason: isGone(error) ? `${domain.name} was deleted meanwhile.` : error.message,
        error,
      };
    }
    if (error instanceof TransportError) {
      return { status: 'failed', reason: error.message, error };
    }
    throw error;
  }
}

/** The connection was lost, or time ran out, while libvirt was at it: looks at the VM once the host is there. */
async function findOut(
  session: HostSession,
  domain: Domain,
  row: ActionRow,
  cause: TransportError,
  { clock, log, signal, lookAgainMs = defaultLookAgainMs }: LifecycleOptions,
): Promise<LifecycleResult> {
  const lost =
    cause.kind === 'timeout'
      ? `${session.name} did not answer in time`
      : `The connection to ${session.name} was lost on the way`;
  if (!row.isDone) {
    return {
      status: 'unknown',
      reason: `${lost}, and nothing shows afterwards whether it was done.`,
    };
  }
  const tooLong = new AbortController();
  const timer = clock.after(lookAgainMs, () => {
    tooLong.abort(new CancelledError('Waiting for the host'));
  });
  try {
    await readWhenBack(
      session,
      domain.uuid,
      signal ? AbortSignal.any([signal, tooLong.signal]) : tooLong.signal,
    );
  } catch (error) {
    log.debug(messageOf(error));
    if (signal?.aborted) {
      return { status: 'cancelled' };
    }
    return { status: 'unknown', reason: `${lost}, and it did not come back in time to look.` };
  } finally {
    timer.dispose();
  }
  const now = session.snapshot.domains.get(domain.uuid);
  if (now ? row.isDone(now) : row.isDoneWhenGone) {
    return { status: 'done' };
  }
  const found = now ? `is ${now.state} now` : 'does not exist any more';
  return { status: 'unknown', reason: `${lost}; ${domain.name} ${found}.` };
}

/** Of a host's connections one may be lost before the other: a reading that fails is tried again. */
async function readWhenBack(
  session: HostSession,
  uuid: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await session.whenReady(signal);
    try {
      await session.refreshDomain(uuid);
      return;
    } catch (error) {
      if (!(error instanceof TransportError)) {
        throw error;
      }
    }
  }
}

/** What libvirt sends no event for shows at once; a failure to read is told by the session. */
async function readAgain(session: HostSession, uuid: string, log: Log): Promise<void> {
  try {
    await session.refreshDomain(uuid);
  } catch (error) {
    log.debug(`reading again failed: ${messageOf(error)}`);
  }
}

/**
 * Goes beside other calls that may hang. Where all places for those are taken by VMs that do not answer, it is
 * the way out, and the daemon keeps workers apart for it.
 */
async function destroy(
  session: HostSession,
  domain: Domain,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = { dom: wireDomain(domain), flags: 0 };
  const options = { ...unlimited, signal };
  // Places held by calls that somebody still waits for are no better: behind those it might wait for ever
  if (session.hasSlowPlace) {
    try {
      await session.callSlow(procedures.domainDestroyFlags, args, options);
      return;
    } catch (error) {
      if (!(error instanceof TransportError) || error.outcome !== 'notSent') {
        throw error;
      }
    }
  }
  await session.call(procedures.domainDestroyFlags, args, options);
}

function slowWithFlags(procedure: typeof procedures.domainDestroyFlags): Pick<ActionRow, 'call'> {
  return {
    call: (session, domain, signal) =>
      session.callSlow(procedure, { dom: wireDomain(domain), flags: 0 }, { ...unlimited, signal }),
  };
}

function autostart(on: boolean): ActionRow {
  return {
    call: (session, domain, signal) =>
      session.call(
        procedures.domainSetAutostart,
        { dom: wireDomain(domain), autostart: on ? 1 : 0 },
        { signal },
      ),
    isDone: (domain) => domain.autostart === on,
  };
}
