import type { HostChange } from '../../inventory/changes.ts';
import type { Domain } from '../../model/domain.ts';

/** One change as a line for a terminal; undefined for what a person following along need not see. */
export function renderChange(change: HostChange): string | undefined {
  switch (change.kind) {
    case 'status':
      return `host ${change.status.state}${'cause' in change.status ? `: ${change.status.cause}` : ''}`;
    case 'domainAdded':
      return `${change.domain.name} appeared, ${describeState(change.domain)}`;
    case 'domainRemoved':
      return `${change.domain.name} is gone`;
    case 'domainChanged':
      return renderDomainChange(change.domain, change.before);
    case 'networkAdded':
    case 'networkRemoved':
    case 'networkChanged':
      return `network ${change.network.name} ${change.kind === 'networkRemoved' ? 'is gone' : change.network.active ? 'active' : 'inactive'}`;
    case 'poolAdded':
    case 'poolRemoved':
    case 'poolChanged':
      return `pool ${change.pool.name} ${change.kind === 'poolRemoved' ? 'is gone' : change.pool.state}`;
    case 'problems':
      return change.problems.length === 0 ? undefined : `problems: ${change.problems.join(' ')}`;
    case 'read':
    case 'node':
    case 'addresses':
    case 'devices':
    case 'secrets':
    case 'domainDetails':
    case 'leases':
    case 'volumes':
    case 'sampled':
      return undefined;
  }
}

/**
 * A change as a line of JSON: records as they are.
 * @param at milliseconds since the epoch
 */
export function changeToJson(host: string, at: number, change: HostChange): string | undefined {
  return change.kind === 'sampled' ? undefined : JSON.stringify({ host, at, ...change });
}

function renderDomainChange(domain: Domain, before: Domain): string | undefined {
  const parts: string[] = [];
  if (domain.name !== before.name) {
    parts.push(`was named ${before.name}`);
  }
  if (domain.state !== before.state) {
    parts.push(describeState(domain));
  }
  if (domain.notAnsweringSince !== before.notAnsweringSince) {
    parts.push(domain.notAnsweringSince === undefined ? 'answers again' : 'does not answer');
  }
  for (const [key, words] of flags) {
    if (domain[key] !== before[key]) {
      parts.push(domain[key] ? words[0] : words[1]);
    }
  }
  return parts.length === 0 ? undefined : `${domain.name}: ${parts.join(', ')}`;
}

const flags = [
  ['persistent', ['was defined', 'is transient now']],
  ['autostart', ['starts with the host', 'does not start with the host']],
  ['hasManagedSave', ['has a saved state', 'has no saved state']],
  ['hasSnapshots', ['has snapshots', 'has no snapshots']],
] as const satisfies readonly (readonly [keyof Domain, readonly [string, string]])[];

function describeState(domain: Domain): string {
  return domain.reason === 'unknown' ? domain.state : `${domain.state} (${domain.reason})`;
}
