import { domainLifecycle, domainStateReasons, type DomainState } from '../libvirt/constants.ts';
import type { Domain } from '../model/domain.ts';

/** What a lifecycle event makes of what was known of its domain. */
export type LifecycleOutcome =
  | { readonly kind: 'put'; readonly domain: Domain }
  | { readonly kind: 'removed' }
  /** Nothing follows from the event alone. */
  | { readonly kind: 'none' }
  /** It cannot be: what we know is wrong. */
  | { readonly kind: 'contradiction' };

export interface LifecycleEvent {
  readonly uuid: string;
  readonly name: string;
  readonly id: number;
  /** `virDomainEventType` */
  readonly event: number;
  /** The detail that belongs to the type, such as `virDomainEventStoppedDetailType`. */
  readonly detail: number;
}

/** `virDomainEventUndefinedDetailType` and `virDomainEventDefinedDetailType` */
const undefinedByRename = 1;

/** State and reason that follow from an event's type and detail, as the qemu driver sets them. */
const started: readonly string[] = [
  'booted',
  'migrated',
  'restored',
  'from snapshot',
  'event wakeup',
];
const suspended: readonly string[] = [
  'user',
  'migrating',
  'I/O error',
  'watchdog',
  'unknown',
  'from snapshot',
  'unknown',
  'post-copy',
  'post-copy failed',
];
const resumed: readonly string[] = [
  'unpaused',
  'migrated',
  'from snapshot',
  'post-copy',
  'post-copy failed',
];
const stopped: readonly string[] = [
  'shutdown',
  'destroyed',
  'crashed',
  'migrated',
  'saved',
  'failed',
  'from snapshot',
];

/**
 * Applies a lifecycle event. Pure: what else changed with it (saved state, autostart, memory) is read
 * afterwards by whoever calls.
 * @param known what is known of the domain so far
 * @param now milliseconds since the epoch
 */
export function applyLifecycleEvent(
  known: Domain | undefined,
  event: LifecycleEvent,
  now: number,
): LifecycleOutcome {
  switch (event.event) {
    case domainLifecycle.defined:
      return {
        kind: 'put',
        domain: known
          ? { ...known, name: event.name, persistent: true }
          : { ...unknownDomain(event), persistent: true, ...enter('shutoff', 'unknown', now) },
      };
    case domainLifecycle.undefined:
      return applyUndefined(known, event);
    case domainLifecycle.started:
      return active(known, event, enter('running', started[event.detail], now));
    case domainLifecycle.suspended:
      return active(known, event, enter('paused', suspended[event.detail], now));
    case domainLifecycle.resumed:
      return active(known, event, enter('running', resumed[event.detail], now));
    case domainLifecycle.shutdown:
      return active(known, event, enter('shutdown', 'unknown', now));
    case domainLifecycle.pmsuspended:
      return active(known, event, enter('pmsuspended', 'unknown', now));
    case domainLifecycle.crashed:
      return active(known, event, enter('crashed', 'panicked', now));
    case domainLifecycle.stopped:
      return applyStopped(known, event, now);
    default:
      return { kind: 'none' };
  }
}

function applyUndefined(known: Domain | undefined, event: LifecycleEvent): LifecycleOutcome {
  if (event.detail === undefinedByRename || !known) {
    return { kind: 'none' };
  }
  return known.id < 0
    ? { kind: 'removed' }
    : { kind: 'put', domain: { ...known, persistent: false, autostart: false } };
}

function applyStopped(
  known: Domain | undefined,
  event: LifecycleEvent,
  now: number,
): LifecycleOutcome {
  if (!known) {
    return { kind: 'contradiction' };
  }
  if (!known.persistent) {
    return { kind: 'removed' };
  }
  return {
    kind: 'put',
    domain: {
      ...known,
      name: event.name,
      id: -1,
      notAnsweringSince: undefined,
      ...enter('shutoff', stopped[event.detail], now),
    },
  };
}

/** A VM that is unknown until now was created without a definition: libvirt sends no "defined" for those. */
function active(
  known: Domain | undefined,
  event: LifecycleEvent,
  state: StateFields,
): LifecycleOutcome {
  const base = known ?? unknownDomain(event);
  return { kind: 'put', domain: { ...base, name: event.name, id: event.id, ...state } };
}

type StateFields = Pick<Domain, 'state' | 'reason'> & { readonly stateSince: number };

function enter(state: DomainState, reason: string | undefined, now: number): StateFields {
  const known = reason !== undefined && domainStateReasons[state].includes(reason);
  return { state, reason: known ? reason : 'unknown', stateSince: now };
}

function unknownDomain(event: LifecycleEvent): Domain {
  return {
    uuid: event.uuid,
    name: event.name,
    id: event.id,
    state: 'nostate',
    reason: 'unknown',
    persistent: false,
    autostart: false,
    hasManagedSave: false,
    hasSnapshots: false,
    stateSince: undefined,
    maxMemoryKiB: undefined,
    memoryKiB: undefined,
    vcpus: undefined,
    notAnsweringSince: undefined,
  };
}
