import type { LifecycleAction } from '../../operations/guards.ts';
import type { L10n } from '../l10n.ts';
import type { Question } from './prompter.ts';
import { listNames } from './targetNames.ts';

/** What is said of an action. */
export interface ActionWords {
  /** Shown in the row meanwhile, without the dots: "starting". */
  readonly doing: string;
  /** Shown in the row when it failed: "not started". */
  readonly notDone: string;
  /** Of one VM: "web-01 was not started." */
  one(name: string): string;
  /** Of many: "2 of 5 VMs were not started:" */
  many(failed: number, total: number): string;
}

/** An action that a command runs as it is, on one VM or many. */
export interface LifecycleRow {
  /** The command's id. */
  readonly command: string;
  readonly action: LifecycleAction;
  words(l10n: L10n): ActionWords;
  /** Set for what loses something: asked before it is done. */
  readonly confirm?: (names: readonly string[], l10n: L10n) => Question;
  /** Whether libvirt can stop it half way. */
  readonly canCancel?: true;
}

/** The actions of a VM's life, each in one place. */
export const lifecycleRows: readonly LifecycleRow[] = [
  {
    command: 'vmDeck.vm.start',
    action: 'start',
    words: (l10n) => ({
      doing: l10n.t('starting'),
      notDone: l10n.t('not started'),
      one: (name) => l10n.t('{0} was not started.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not started:', failed, total),
    }),
  },
  {
    command: 'vmDeck.vm.shutDown',
    action: 'shutdown',
    words: (l10n) => ({
      doing: l10n.t('asking to shut down'),
      notDone: l10n.t('not shut down'),
      one: (name) => l10n.t('{0} was not shut down.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not shut down:', failed, total),
    }),
  },
  {
    command: 'vmDeck.vm.reboot',
    action: 'reboot',
    words: (l10n) => ({
      doing: l10n.t('asking to reboot'),
      notDone: l10n.t('not rebooted'),
      one: (name) => l10n.t('{0} was not rebooted.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not rebooted:', failed, total),
    }),
  },
  {
    command: 'vmDeck.vm.hardReset',
    action: 'reset',
    words: (l10n) => ({
      doing: l10n.t('resetting'),
      notDone: l10n.t('not reset'),
      one: (name) => l10n.t('{0} was not reset.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not reset:', failed, total),
    }),
    confirm: (names, l10n) =>
      overItsHead(names, l10n, {
        one: (name) => l10n.t('Reset {0} as if by its reset button?', name),
        many: (count) => l10n.t('Reset {0} VMs as if by their reset buttons?', count),
        answer: l10n.t('Hard Reset'),
      }),
  },
  {
    command: 'vmDeck.vm.forceOff',
    action: 'destroy',
    words: (l10n) => ({
      doing: l10n.t('forcing off'),
      notDone: l10n.t('not forced off'),
      one: (name) => l10n.t('{0} was not forced off.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not forced off:', failed, total),
    }),
    confirm: (names, l10n) =>
      overItsHead(names, l10n, {
        one: (name) => l10n.t('Force off {0} as if by pulling its plug?', name),
        many: (count) => l10n.t('Force off {0} VMs as if by pulling their plugs?', count),
        answer: l10n.t('Force Off'),
      }),
  },
  {
    command: 'vmDeck.vm.pause',
    action: 'suspend',
    words: (l10n) => ({
      doing: l10n.t('pausing'),
      notDone: l10n.t('not paused'),
      one: (name) => l10n.t('{0} was not paused.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not paused:', failed, total),
    }),
  },
  {
    command: 'vmDeck.vm.resume',
    action: 'resume',
    words: (l10n) => ({
      doing: l10n.t('resuming'),
      notDone: l10n.t('not resumed'),
      one: (name) => l10n.t('{0} was not resumed.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not resumed:', failed, total),
    }),
  },
  {
    command: 'vmDeck.vm.wake',
    action: 'wake',
    words: (l10n) => ({
      doing: l10n.t('waking'),
      notDone: l10n.t('not woken'),
      one: (name) => l10n.t('{0} was not woken.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not woken:', failed, total),
    }),
  },
  {
    command: 'vmDeck.vm.save',
    action: 'managedSave',
    canCancel: true,
    words: (l10n) => ({
      doing: l10n.t('saving'),
      notDone: l10n.t('not saved'),
      one: (name) => l10n.t('{0} was not saved.', name),
      many: (failed, total) => l10n.t('{0} of {1} VMs were not saved:', failed, total),
    }),
  },
  {
    command: 'vmDeck.vm.discardSavedState',
    action: 'managedSaveRemove',
    words: (l10n) => ({
      doing: l10n.t('discarding the saved state'),
      notDone: l10n.t('saved state not discarded'),
      one: (name) => l10n.t('The saved state of {0} was not discarded.', name),
      many: (failed, total) =>
        l10n.t('The saved states of {0} of {1} VMs were not discarded:', failed, total),
    }),
    confirm: (names, l10n) => ({
      message: about(names, {
        one: (name) => l10n.t('Discard the saved state of {0}?', name),
        many: (count) => l10n.t('Discard the saved states of {0} VMs?', count),
      }),
      detail: detail(
        names,
        l10n.t(
          'What was in memory when it was saved is deleted: the next start boots the guest as after a power failure. This cannot be undone.',
        ),
        l10n,
      ),
      safe: l10n.t('Keep Saved State'),
      answers: [l10n.t('Discard Saved State')],
    }),
  },
  {
    command: 'vmDeck.vm.autostartOn',
    action: 'autostartOn',
    words: autostartWords,
  },
  {
    command: 'vmDeck.vm.autostartOff',
    action: 'autostartOff',
    words: autostartWords,
  },
];

function autostartWords(l10n: L10n): ActionWords {
  return {
    doing: l10n.t('changing the autostart'),
    notDone: l10n.t('autostart not changed'),
    one: (name) => l10n.t('The autostart of {0} was not changed.', name),
    many: (failed, total) =>
      l10n.t('The autostart of {0} of {1} VMs was not changed:', failed, total),
  };
}

/** How a question is put: about one VM, or about many. */
interface Wording {
  readonly one: (name: string) => string;
  readonly many: (count: number) => string;
}

/** Asked before what the guest is not asked about. */
function overItsHead(
  names: readonly string[],
  l10n: L10n,
  { answer, ...wording }: Wording & { readonly answer: string },
): Question {
  return {
    message: about(names, wording),
    detail: detail(
      names,
      l10n.t(
        'The guest is not asked: what it has not written to its disks is lost, and its file systems may be damaged. This cannot be undone.',
      ),
      l10n,
    ),
    safe: l10n.t('Keep Running'),
    answers: [answer],
  };
}

/** A question about one VM names it; about many it counts, and the detail names them. */
function about(names: readonly string[], { one, many }: Wording): string {
  const [only] = names;
  return names.length === 1 && only !== undefined ? one(only) : many(names.length);
}

function detail(names: readonly string[], loss: string, l10n: L10n): string {
  return names.length === 1 ? loss : `${listNames(names, l10n)}\n\n${loss}`;
}
