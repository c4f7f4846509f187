import {
  dashboardActions,
  type DashboardAction,
  type VmFigures,
  type VmView,
} from '../../../contract/dashboard.ts';
import type { Domain } from '../../../model/domain.ts';
import type { Host } from '../../../model/host.ts';
import type { DomainSample, Figure } from '../../../model/sample.ts';
import type { VmAction } from '../../../operations/guards.ts';
import type { L10n } from '../../l10n.ts';
import { vmCategory } from '../../views/hosts/vmCategory.ts';
import type { VmActivity } from '../../views/hosts/vmRow.ts';
import { vmTokens } from '../../views/hosts/vmTokens.ts';

/** What a VM's row in the dashboard is made of. */
export interface VmViewInput {
  readonly id: number;
  readonly hostId: number;
  readonly host: Pick<Host, 'status'>;
  readonly domain: Domain;
  readonly addresses: readonly string[];
  readonly activity: VmActivity | undefined;
}

/** The word for an action in the tree's context values, where it is not the command's own. */
const words: Readonly<Partial<Record<DashboardAction, VmAction | 'cancel' | 'dismiss'>>> = {
  shutDown: 'shutdown',
  pause: 'suspend',
  save: 'managedSave',
  discardSavedState: 'managedSaveRemove',
  forceOff: 'destroy',
  hardReset: 'reset',
  cancelOperation: 'cancel',
  dismissResult: 'dismiss',
};

const actionsByWord = new Map(
  Object.entries(words).map(([action, word]) => [word as string, action]),
);

/** The dashboard's name of an action that operations call by the word of the tree. */
export function actionOfWord(word: string): string {
  return actionsByWord.get(word) ?? word;
}

/** What of a VM is offered and can be done: a bit for each action, in the order of `dashboardActions`. */
interface ActionMasks {
  readonly has: number;
  readonly can: number;
}

/** Of the texts met so far; thousands of VMs have few between them. */
const masks = new Map<string, ActionMasks>();

function actionMasks(tokens: string): ActionMasks {
  let found = masks.get(tokens);
  if (!found) {
    const present = new Set(tokens.split(' '));
    const mask = (prefix: 'has' | 'can'): number =>
      dashboardActions.reduce(
        (sum, action, index) =>
          present.has(`${prefix}-${words[action] ?? action}`) ? sum | (1 << index) : sum,
        0,
      );
    found = { has: mask('has'), can: mask('can') };
    masks.set(tokens, found);
  }
  return found;
}

export function vmView(input: VmViewInput, l10n: L10n): VmView {
  const { domain, host, activity, addresses } = input;
  const isBusy = activity?.kind === 'running';
  const tokens = vmTokens(domain, host.status, {
    isBusy,
    canCancel: isBusy && activity.canCancel,
    hasResult: activity?.kind === 'problem' || activity?.kind === 'note',
    hasAddress: addresses.length > 0,
  });
  const state = vmCategory(domain, host.status);
  return {
    id: input.id,
    host: input.hostId,
    uuid: domain.uuid,
    name: domain.name,
    state,
    stateText:
      state === 'running' && domain.state === 'shutdown'
        ? l10n.t('shutting down')
        : state === 'unknown'
          ? l10n.t('was {0}', domain.state)
          : '',
    since: (state === 'notAnswering' ? domain.notAnsweringSince : domain.stateSince) ?? null,
    autostart: domain.autostart,
    vcpus: domain.vcpus ?? null,
    memoryKiB: domain.memoryKiB ?? null,
    addresses,
    ...actionMasks(tokens),
    activity: activity ? activityView(activity) : null,
  };
}

function activityView(activity: VmActivity): NonNullable<VmView['activity']> {
  switch (activity.kind) {
    case 'running':
      return {
        kind: 'running',
        text: activity.text,
        // Steps that cannot be seen in a narrow bar are not sent
        ...(activity.progress === undefined
          ? {}
          : { progress: Math.round(activity.progress * 100) / 100 }),
      };
    case 'waiting':
      return { kind: 'waiting', text: activity.text };
    case 'problem':
    case 'note':
      return activity;
  }
}

/** A VM's figures, rounded to what can be seen of them. */
export function vmFigures(id: number, sample: DomainSample, vcpus: Figure): VmFigures {
  const cores = sample.vcpus ?? vcpus ?? 1;
  return [
    id,
    sample.cpuCores === undefined
      ? null
      : Math.round((sample.cpuCores / Math.max(1, cores)) * 1_000),
    inMiB(sample.memoryUsedKiB),
    inMiB(sample.memoryKiB),
    threeDigits(sample.readBytesPerSecond),
    threeDigits(sample.writeBytesPerSecond),
    threeDigits(sample.readRequestsPerSecond),
    threeDigits(sample.writeRequestsPerSecond),
    threeDigits(sample.receiveBytesPerSecond),
    threeDigits(sample.transmitBytesPerSecond),
  ];
}

export function inMiB(kib: Figure): number | null {
  return kib === undefined ? null : Math.round(kib / 1_024);
}

function threeDigits(rate: Figure): number | null {
  if (rate === undefined) {
    return null;
  }
  if (rate < 100) {
    return Math.round(rate * 10) / 10;
  }
  // Six of them per VM and tick: as text and back it takes five times as long
  const step = 10 ** (Math.floor(Math.log10(rate)) - 2);
  return Math.round(rate / step) * step;
}
