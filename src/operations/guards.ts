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
  'managedSave',
  'managedSaveRemove',
  'autostartOn',
  'autostartOff',
] as const;
export type LifecycleAction = (typeof lifecycleActions)[number];

/** Why an action cannot be done now, in a sentence; undefined if it can. */
export type Refusal = string | undefined;

/** The state an action needs, and what to say otherwise. */
const stateGuards: Readonly<Record<LifecycleAction, (domain: Domain) => Refusal>> = {
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
};

/**
 * Whether an action can be done, judged by what is known now. libvirt has the last word: the VM may have
 * changed since.
 */
export function guardLifecycle(
  action: LifecycleAction,
  domain: Domain | undefined,
  status: HostStatus,
): Refusal {
  if (!isReachable(status)) {
    return 'The host is not connected.';
  }
  if (status.state === 'readOnly') {
    return 'The host is connected read-only.';
  }
  return domain ? stateGuards[action](domain) : 'The VM does not exist any more.';
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
