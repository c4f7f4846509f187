import { isListed, type Host, type HostStatus } from '../../../model/host.ts';
import type { NodeSample } from '../../../model/sample.ts';
import { isBadEntry, type HostEntry } from '../../hosts/hostSettings.ts';
import type { L10n } from '../../l10n.ts';
import { formatSince } from './format.ts';
import type { Row } from './row.ts';
import { vmCategory } from './vmCategory.ts';

/** What a host's row is made of. */
export interface HostRowInput {
  readonly entry: HostEntry;
  /** Undefined of an entry that cannot be used. */
  readonly host: Host | undefined;
  readonly sample: NodeSample | undefined;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function hostRow(input: HostRowInput, l10n: L10n): Row {
  const { entry, host } = input;
  if (isBadEntry(entry) || !host) {
    const problem = isBadEntry(entry) ? entry.problem : '';
    return {
      label: entry.name,
      description: l10n.t('cannot be used: {0}', l10n.t(problem)),
      icon: { id: 'error', color: 'list.errorForeground' },
      contextValue: ['host', 'bad-entry', 'has-help', ...moves(input)].join(' '),
      accessibilityLabel: l10n.t('{0}, host that cannot be used: {1}', entry.name, problem),
      // Only a person can mend it, and there
      command: 'vmDeck.host.openSettings',
    };
  }
  const status = describeStatus(host.status, input.now, l10n);
  const description = [status, ...describeHost(input, host, l10n)]
    .filter((part) => part !== '')
    .join(' · ');
  return {
    label: entry.name,
    description,
    icon: icons[host.status.state],
    contextValue: tokens(input, host.status).join(' '),
    accessibilityLabel: l10n.t(
      '{0}, host, {1}',
      entry.name,
      [status === '' ? l10n.t('connected') : status, ...describeHost(input, host, l10n)].join(', '),
    ),
  };
}

const icons: Readonly<Record<HostStatus['state'], Row['icon']>> = {
  idle: { id: 'circle-slash', color: 'disabledForeground' },
  connecting: { id: 'loading~spin', color: undefined },
  connected: { id: 'server', color: undefined },
  readOnly: { id: 'lock', color: undefined },
  degraded: { id: 'warning', color: 'list.warningForeground' },
  disconnected: { id: 'debug-disconnect', color: 'list.warningForeground' },
  needsAttention: { id: 'error', color: 'list.errorForeground' },
};

/** Why a host is not simply connected, with since when or until when; empty if it is. */
export function describeStatus(status: HostStatus, now: number, l10n: L10n): string {
  switch (status.state) {
    case 'connected':
      return '';
    case 'idle':
      return l10n.t('not connected');
    case 'connecting':
      return l10n.t('connecting…');
    case 'readOnly':
      return l10n.t('read-only');
    case 'degraded':
      return l10n.t('not answering since {0}', formatSince(status.since, now));
    case 'disconnected':
      return l10n.t('disconnected: {0}', l10n.t(status.cause));
    case 'needsAttention':
      return l10n.t(status.cause);
  }
}

function describeHost({ sample }: HostRowInput, host: Host, l10n: L10n): readonly string[] {
  if (!isListed(host) || host.status.state === 'needsAttention') {
    return [];
  }
  const domains = [...host.domains.values()];
  const isCurrent = host.status.state === 'connected' || host.status.state === 'readOnly';
  const running = domains.filter((domain) =>
    ['running', 'notAnswering'].includes(vmCategory(domain, host.status)),
  ).length;
  const parts = [
    isCurrent
      ? l10n.t('{0} of {1} running', running, domains.length)
      : l10n.t('{0} VMs known', domains.length),
  ];
  if (isCurrent && sample?.cpuUse !== undefined) {
    parts.push(l10n.t('CPU {0}%', Math.round(sample.cpuUse * 100)));
  }
  if (isCurrent && sample?.memoryUsedKiB !== undefined && sample.memoryTotalKiB !== undefined) {
    const share = sample.memoryUsedKiB / Math.max(1, sample.memoryTotalKiB);
    parts.push(l10n.t('memory {0}%', Math.round(share * 100)));
  }
  return parts;
}

function tokens(input: HostRowInput, status: HostStatus): readonly string[] {
  const { entry } = input;
  const isIdle = status.state === 'idle';
  const isWaiting = status.state === 'disconnected' || status.state === 'needsAttention';
  const isUp = status.state === 'connected' || status.state === 'readOnly';
  return [
    'host',
    `is-${status.state}`,
    ...(isIdle || isWaiting ? ['can-connect'] : []),
    ...(isIdle ? [] : ['can-disconnect']),
    ...(isUp || status.state === 'degraded' ? ['can-refresh'] : []),
    ...(isWaiting || status.state === 'degraded' ? ['has-help'] : []),
    ...('readOnly' in entry && entry.readOnly ? ['can-make-read-write'] : ['can-make-read-only']),
    ...moves(input),
  ];
}

function moves({ isFirst, isLast }: HostRowInput): readonly string[] {
  return [...(isFirst ? [] : ['can-move-up']), ...(isLast ? [] : ['can-move-down'])];
}
