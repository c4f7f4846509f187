import type { Host, HostStatus } from '../../model/host.ts';
import { isReachable } from '../../model/host.ts';
import { isBadEntry, type HostEntry } from '../hosts/hostSettings.ts';
import type { L10n } from '../l10n.ts';
import { vmCategory, type VmCategory } from '../views/hosts/vmCategory.ts';

/** What the status bar says of all hosts. */
export interface StatusSummary {
  /** A codicon whose shape tells the worst there is. */
  readonly icon: string;
  /** Running of all VMs, such as `12/18`; a dash while no host can be asked. */
  readonly text: string;
  readonly severity: Severity;
  /** The same for a screen reader, in a sentence. */
  readonly spoken: string;
}

export type Severity = 'none' | 'warning' | 'error';

const icons: Readonly<Record<Severity, string>> = {
  none: 'vm',
  warning: 'warning',
  error: 'error',
};

/**
 * Sums up all hosts; undefined without any.
 * @param hostOf what is known of a host, by name
 */
export function statusSummary(
  entries: readonly HostEntry[],
  hostOf: (name: string) => Host | undefined,
  l10n: L10n,
): StatusSummary | undefined {
  if (entries.length === 0) {
    return undefined;
  }
  const { running, all, reachable, crashed, notAnswering, failing, broken } = tally(
    entries,
    hostOf,
  );
  const severity = broken > 0 ? 'error' : crashed + notAnswering + failing > 0 ? 'warning' : 'none';
  const spoken = [
    reachable === 0 ? l10n.t('no host connected') : l10n.t('{0} of {1} VMs running', running, all),
    ...count(broken, (n) => l10n.t('hosts that need attention: {0}', n)),
    ...count(failing, (n) => l10n.t('hosts not reached: {0}', n)),
    ...count(crashed, (n) => l10n.t('crashed VMs: {0}', n)),
    ...count(notAnswering, (n) => l10n.t('VMs not answering: {0}', n)),
  ].join(', ');
  return {
    icon: severity === 'none' && reachable === 0 ? 'vm-outline' : icons[severity],
    text: reachable === 0 ? '–' : `${running}/${all}`,
    severity,
    spoken: l10n.t('VM Deck: {0}', spoken),
  };
}

interface Tally {
  readonly running: number;
  readonly all: number;
  readonly crashed: number;
  readonly notAnswering: number;
  /** Hosts. */
  readonly reachable: number;
  readonly failing: number;
  readonly broken: number;
}

function tally(entries: readonly HostEntry[], hostOf: (name: string) => Host | undefined): Tally {
  const hosts = entries.map((entry) => (isBadEntry(entry) ? undefined : hostOf(entry.name)));
  const severities = hosts.map((host) => (host ? severityOf(host.status) : 'error'));
  const reachable = hosts.filter((host) => host !== undefined && isReachable(host.status));
  const categories = reachable.flatMap((host) =>
    host ? [...host.domains.values()].map((domain) => vmCategory(domain, host.status)) : [],
  );
  const countOf = (...wanted: readonly VmCategory[]): number =>
    categories.filter((category) => wanted.includes(category)).length;
  return {
    running: countOf('running', 'notAnswering'),
    all: categories.length,
    crashed: countOf('crashed'),
    notAnswering: countOf('notAnswering'),
    reachable: reachable.length,
    failing: severities.filter((severity) => severity === 'warning').length,
    broken: severities.filter((severity) => severity === 'error').length,
  };
}

/** A host that is off because nobody wants it on is no reason to warn. */
function severityOf({ state }: HostStatus): Severity {
  switch (state) {
    case 'needsAttention':
      return 'error';
    case 'disconnected':
    case 'degraded':
      return 'warning';
    case 'idle':
    case 'connecting':
    case 'connected':
    case 'readOnly':
      return 'none';
  }
}

function count(number: number, say: (number: number) => string): readonly string[] {
  return number === 0 ? [] : [say(number)];
}
