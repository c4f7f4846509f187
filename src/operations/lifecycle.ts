import type { HostSession } from '../inventory/hostSession.ts';
import { wireDomain } from '../inventory/readDomains.ts';
import * as procedures from '../libvirt/protocol/domain.ts';
import { isActive, type Domain } from '../model/domain.ts';
import { besideHung } from './besideHung.ts';
import type { LifecycleAction } from './guards.ts';
import { runJob } from './jobProgress.ts';
import { runAction, type ActionOptions, type ActionResult, type Done } from './runAction.ts';

/** How an action on one VM ended. */
export type LifecycleResult = ActionResult<Done | Requested>;

/** The guest was asked; it decides when, and whether. */
interface Requested {
  readonly status: 'requested';
}

export interface LifecycleOptions extends ActionOptions {
  /** Told how much is done, from 0 to 1, of what takes long; never goes back. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Starting waits for disks and networks, saving writes all memory: neither has a time it should take. */
const unlimited = { deadlineMs: Number.POSITIVE_INFINITY };

/** How each action is called, and what shows that it was done; undefined where that shows nowhere. */
interface ActionRow {
  call(session: HostSession, domain: Domain, options: LifecycleOptions): Promise<unknown>;
  readonly isDone: ((domain: Domain) => boolean) | undefined;
  /** It is also done if the VM is gone: one without a definition vanishes when it stops. */
  readonly isDoneWhenGone?: true;
  /** The guest decides. */
  readonly isRequest?: true;
}

const rows: Readonly<Record<LifecycleAction, ActionRow>> = {
  start: {
    call: (session, domain, { signal }) =>
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
    call: (session, domain, { signal }) =>
      besideHung(
        session,
        procedures.domainDestroyFlags,
        { dom: wireDomain(domain), flags: 0 },
        { ...unlimited, signal },
      ),
    isDone: (domain) => !isActive(domain.state),
    isDoneWhenGone: true,
  },
  suspend: {
    call: (session, domain, { signal }) =>
      session.callSlow(
        procedures.domainSuspend,
        { dom: wireDomain(domain) },
        { ...unlimited, signal },
      ),
    isDone: (domain) => domain.state === 'paused',
  },
  resume: {
    call: (session, domain, { signal }) =>
      session.callSlow(
        procedures.domainResume,
        { dom: wireDomain(domain) },
        { ...unlimited, signal },
      ),
    isDone: (domain) => domain.state === 'running',
  },
  wake: {
    ...slowWithFlags(procedures.domainPmWakeup),
    isDone: (domain) => domain.state === 'running',
  },
  managedSave: {
    // Aborting stops the job at the daemon, so the call itself is waited for
    call: (session, domain, options) =>
      runJob(
        session,
        domain,
        () =>
          session.callSlow(
            procedures.domainManagedSave,
            { dom: wireDomain(domain), flags: 0 },
            unlimited,
          ),
        options,
      ),
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
 * been read again when it returns. Aborting the signal stops a managed save; of all else it ends the waiting.
 */
export async function runLifecycle(
  session: HostSession,
  uuid: string,
  action: LifecycleAction,
  options: LifecycleOptions,
): Promise<LifecycleResult> {
  const row = rows[action];
  const { isDone } = row;
  return runAction<Done | Requested>(
    session,
    uuid,
    action,
    {
      run: async (domain) => {
        await row.call(session, domain, options);
        return { status: row.isRequest ? 'requested' : 'done' };
      },
      findOut:
        isDone &&
        ((now) =>
          Promise.resolve(
            (now ? isDone(now) : row.isDoneWhenGone) ? { status: 'done' } : undefined,
          )),
    },
    options,
  );
}

function slowWithFlags(procedure: typeof procedures.domainDestroyFlags): Pick<ActionRow, 'call'> {
  return {
    call: (session, domain, { signal }) =>
      session.callSlow(procedure, { dom: wireDomain(domain), flags: 0 }, { ...unlimited, signal }),
  };
}

function autostart(on: boolean): ActionRow {
  return {
    call: (session, domain, { signal }) =>
      session.call(
        procedures.domainSetAutostart,
        { dom: wireDomain(domain), autostart: on ? 1 : 0 },
        { signal },
      ),
    isDone: (domain) => domain.autostart === on,
  };
}
