import type { Domain } from '../../../model/domain.ts';
import type { Host } from '../../../model/host.ts';
import type { DomainSample } from '../../../model/sample.ts';
import type { L10n } from '../../l10n.ts';
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

/** What a row is made of. */
export interface VmRowInput {
  readonly host: Pick<Host, 'name' | 'status'>;
  readonly domain: Domain;
  readonly sample: DomainSample | undefined;
  /** Without prefix length, the most useful one first. */
  readonly addresses: readonly string[];
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

export function vmRow(input: VmRowInput, l10n: L10n): Row {
  const { domain, host, activity } = input;
  const category = vmCategory(domain, host.status);
  const state = describeState(input, category, l10n);
  const doing = activity ? describeActivity(activity) : '';
  const isBusy = activity?.kind === 'running';
  const isPlain = !isBusy && activity?.kind !== 'waiting';
  return {
    label: domain.name,
    description: join(' · ', [doing, isPlain ? state : '', input.showsHost ? host.name : '']),
    icon: icon(category, activity),
    contextValue: vmTokens(domain, host.status, {
      isBusy,
      canCancel: isBusy && activity.canCancel,
      hasResult: activity?.kind === 'problem' || activity?.kind === 'note',
      hasAddress: input.addresses.length > 0,
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

/** The figures of a running VM; of any other its state and since when. */
function describeState(input: VmRowInput, category: VmCategory, l10n: L10n): string {
  const { domain, now } = input;
  switch (category) {
    case 'running':
      return describeFigures(input, l10n);
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

function describeFigures({ domain, sample, addresses }: VmRowInput, l10n: L10n): string {
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
    addresses[0] ?? '',
  ]);
}
