import { isActive, type Domain } from '../model/domain.ts';
import { isReachable, type HostStatus } from '../model/host.ts';

/** The actions of a VM's life, by the names design and protocol use. */
export const lifecycleActions = [
  'start',
  'shutdown',
  'reboot',
  'reset',
  'destroy',
  'suspend',
  'resume',
  'wake',
  'managedSave',
  'managedSaveRemove',
  'autostartOn',
  'autostartOff',
] as const;
export type LifecycleAction = (typeof lifecycleActions)[number];

/** Everything that can be done to, or asked of, one VM. */
export const vmActions = [
  ...lifecycleActions,
  'rename',
  'editDescription',
  'takeScreenshot',
  'openConsole',
  'openDefinition',
  'deleteDefinition',
] as const;
export type VmAction = (typeof vmActions)[number];

/** What a connection that may only look allows. libvirt gives it neither screen nor console. */
const lookingActions: ReadonlySet<VmAction> = new Set<VmAction>(['openDefinition']);

/** Why an action cannot be done now, in a sentence; undefined if it can. */
export type Refusal = string | undefined;

/** The state an action needs, and what to say otherwise. */
const stateGuards: Readonly<Record<VmAction, (domain: Domain) => Refusal>> = {
  start: (domain) => {
    if (domain.state === 'paused') {
      return 'It is paused: resume it instead.';
    }
    if (domain.state === 'pmsuspended') {
      return 'It sleeps: wake it instead.';
    }
    return isActive(domain.state) ? 'It is already running.' : undefined;
  },
  shutdown: (domain) => needsRunningGuest(domain, 'shut down'),
  reboot: (domain) => needsRunningGuest(domain, 'reboot'),
  reset: needsActive,
  destroy: (domain) =>
    // A crashed VM that libvirt kept still has an instance to be cleaned up
    isActive(domain.state) || domain.id >= 0 ? undefined : 'It is not running.',
  suspend: (domain) => {
    if (domain.state === 'paused') {
      return 'It is already paused.';
    }
    return needsActive(domain);
  },
  resume: (domain) => (domain.state === 'paused' ? undefined : 'It is not paused.'),
  wake: (domain) => (domain.state === 'pmsuspended' ? undefined : 'It does not sleep.'),
  managedSave: (domain) => {
    if (!domain.persistent) {
      return 'It is transient: without a definition libvirt keeps no saved state of it.';
    }
    return needsActive(domain);
  },
  managedSaveRemove: (domain) => (domain.hasManagedSave ? undefined : 'It has no saved state.'),
  autostartOn: (domain) => {
    if (!domain.persistent) {
      return 'It is transient: only a VM with a definition can start with the host.';
    }
    return domain.autostart ? 'It already starts with the host.' : undefined;
  },
  autostartOff: (domain) => (domain.autostart ? undefined : 'It does not start with the host.'),
  rename: (domain) => {
    if (isActive(domain.state) || domain.id >= 0) {
      return 'It is running: libvirt renames only a VM that is off.';
    }
    if (!domain.persistent) {
      return 'It is transient: it has no definition whose name could change.';
    }
    return domain.hasManagedSave
      ? 'It has a saved state, which keeps the old name: discard it, or start the VM, first.'
      : undefined;
  },
  editDescription: () => undefined,
  takeScreenshot: needsActive,
  openConsole: needsActive,
  openDefinition: () => undefined,
  deleteDefinition: (domain) =>
    domain.persistent ? undefined : 'It is transient: it has no definition to delete.',
};

/** Whether the state of a VM lets an action be done. */
export function guardState(action: VmAction, domain: Domain | undefined): Refusal {
  return domain ? stateGuards[action](domain) : 'The VM does not exist any more.';
}

/** Whether our standing with its host lets an action be done. */
export function guardHost(action: VmAction, status: HostStatus): Refusal {
  return lookingActions.has(action) ? guardLooking(status) : guardActing(status);
}

/** Whether something may be changed on a host, whatever it is. */
export function guardActing(status: HostStatus): Refusal {
  if (status.state === 'readOnly') {
    return 'The host is connected read-only.';
  }
  return guardLooking(status);
}

/**
 * Whether an action can be done, judged by what is known now. libvirt has the last word: the VM may have
 * changed since.
 */
export function guardAction(
  action: VmAction,
  domain: Domain | undefined,
  status: HostStatus,
): Refusal {
  return guardHost(action, status) ?? guardState(action, domain);
}

/** {@link guardAction} for what changes a VM's life. */
export function guardLifecycle(
  action: LifecycleAction,
  domain: Domain | undefined,
  status: HostStatus,
): Refusal {
  return guardAction(action, domain, status);
}

function guardLooking(status: HostStatus): Refusal {
  return isReachable(status) ? undefined : 'The host is not connected.';
}

function needsActive(domain: Domain): Refusal {
  return isActive(domain.state) ? undefined : 'It is not running.';
}

/** Only a guest that runs can hear the request. */
function needsRunningGuest(domain: Domain, verb: string): Refusal {
  if (domain.state === 'paused' || domain.state === 'pmsuspended') {
    return `It is ${domain.state === 'paused' ? 'paused' : 'asleep'}, so the guest cannot ${verb}: resume it first.`;
  }
  return needsActive(domain);
}
