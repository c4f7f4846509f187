import type { Domain } from '../../../model/domain.ts';
import type { DomainSample } from '../../../model/sample.ts';
import type { L10n } from '../../l10n.ts';
import type { ArrangedVm } from './arrange.ts';
import { formatCores, formatMemory, formatSince } from './format.ts';
import type { Row } from './row.ts';
import { vmCategory, type VmCategory } from './vmCategory.ts';
import { vmTokens } from './vmTokens.ts';

/** What is being done to a VM, or came of it; shown in its row. */
export type VmActivity =
  | {
      readonly kind: 'running';
      /** Such as "starting". */
      readonly text: string;
      /** From 0 to 1. */
      readonly progress: number | undefined;
      readonly canCancel: boolean;
    }
  /** The guest was asked for something, and takes its time; anything else can be done meanwhile. */
  | { readonly kind: 'waiting'; readonly text: string }
  /** What came of it, until dismissed: something bad, or just worth knowing. */
  | {
      readonly kind: 'problem' | 'note';
      /** A few words for the row. */
      readonly text: string;
      /** The whole of it, in sentences. */
      readonly detail: string;
    };

/** What there is to say beside the VM's record. */
export interface VmRowMore {
  readonly activity: VmActivity | undefined;
  /** Whether the row must name its host, since it does not stand below it. */
  readonly showsHost: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const icons: Readonly<Record<VmCategory, Row['icon']>> = {
  running: { id: 'vm-running', color: 'charts.green' },
  paused: { id: 'debug-pause', color: 'charts.yellow' },
  off: { id: 'vm-outline', color: 'disabledForeground' },
  saved: { id: 'save', color: 'charts.blue' },
  sleeping: { id: 'clock', color: 'charts.purple' },
  crashed: { id: 'error', color: 'list.errorForeground' },
  notAnswering: { id: 'warning', color: 'list.warningForeground' },
  unknown: { id: 'question', color: 'disabledForeground' },
};

export function stateIcon(category: VmCategory): string {
  return icons[category].id;
}

/** @param vm its addresses without prefix length, the most useful one first */
export function vmRow(vm: ArrangedVm, { activity, showsHost, now }: VmRowMore, l10n: L10n): Row {
  const { domain, host, sample, addresses } = vm;
  const category = vmCategory(domain, host.status);
  const state =
    category === 'running'
      ? describeFigures(domain, { sample, address: addresses[0] }, l10n)
      : describeState(domain, { category, now }, l10n);
  const doing = activity ? describeActivity(activity) : '';
  const isBusy = activity?.kind === 'running';
  const isPlain = !isBusy && activity?.kind !== 'waiting';
  return {
    label: domain.name,
    description: join(' · ', [doing, isPlain ? state : '', showsHost ? host.name : '']),
    icon: icon(category, activity),
    contextValue: vmTokens(domain, host.status, {
      isBusy,
      canCancel: isBusy && activity.canCancel,
      hasResult: activity?.kind === 'problem' || activity?.kind === 'note',
      hasAddress: addresses.length > 0,
    }),
    accessibilityLabel: join(', ', [
      domain.name,
      categoryName(category, l10n),
      doing,
      category === 'running' ? state : '',
      host.name,
    ]),
  };
}

function icon(category: VmCategory, activity: VmActivity | undefined): Row['icon'] {
  switch (activity?.kind) {
    case 'running':
    case 'waiting':
      return { id: 'loading~spin', color: undefined };
    case 'problem':
      return { id: icons[category].id, color: 'list.errorForeground' };
    case 'note':
    case undefined:
      return icons[category];
  }
}

/** What there is to say, in one line. */
function join(separator: string, parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(separator);
}

/** The state in one word or two. */
export function categoryName(category: VmCategory, l10n: L10n): string {
  switch (category) {
    case 'running':
      return l10n.t('running');
    case 'paused':
      return l10n.t('paused');
    case 'off':
      return l10n.t('off');
    case 'saved':
      return l10n.t('saved');
    case 'sleeping':
      return l10n.t('asleep');
    case 'crashed':
      return l10n.t('crashed');
    case 'notAnswering':
      return l10n.t('not answering');
    case 'unknown':
      return l10n.t('state unknown');
  }
}

function describeActivity(activity: VmActivity): string {
  switch (activity.kind) {
    case 'problem':
    case 'note':
      return activity.text;
    case 'waiting':
      return `${activity.text}…`;
    case 'running': {
      const { text, progress } = activity;
      return progress === undefined ? `${text}…` : `${text}… ${Math.floor(progress * 100)} %`;
    }
  }
}

/** The state of a VM that does not run, and since when. */
function describeState(
  domain: Domain,
  { category, now }: { readonly category: VmCategory; readonly now: number },
  l10n: L10n,
): string {
  switch (category) {
    case 'notAnswering':
      return l10n.t('not answering since {0}', formatSince(domain.notAnsweringSince ?? now, now));
    case 'unknown':
      return l10n.t('was {0}', domain.state);
    default: {
      const name = categoryName(category, l10n);
      return domain.stateSince === undefined
        ? name
        : l10n.t('{0} since {1}', name, formatSince(domain.stateSince, now));
    }
  }
}

function describeFigures(
  domain: Domain,
  {
    sample,
    address = '',
  }: { readonly sample: DomainSample | undefined; readonly address: string | undefined },
  l10n: L10n,
): string {
  const vcpus = sample?.vcpus ?? domain.vcpus;
  const cpu = join(' ', [
    vcpus === undefined ? '' : l10n.t('{0} vCPU', vcpus),
    sample?.cpuCores === undefined ? '' : formatCores(sample.cpuCores, vcpus),
  ]);
  const memoryKiB = sample?.memoryKiB ?? domain.memoryKiB;
  return join(' · ', [
    domain.state === 'shutdown' ? l10n.t('shutting down') : '',
    cpu,
    memoryKiB === undefined ? '' : formatMemory(sample?.memoryUsedKiB, memoryKiB),
    address,
  ]);
}
