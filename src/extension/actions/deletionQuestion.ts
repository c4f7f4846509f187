import type { DeletionChoices, DeletionFacts } from '../../operations/deleteDefinition.ts';
import type { L10n } from '../l10n.ts';
import type { Question } from './prompter.ts';
import { joinNames, listNames } from './targetNames.ts';

/** A VM whose definition may be deleted, with what would go with it. */
export interface Deletable {
  readonly name: string;
  readonly isRunning: boolean;
  readonly facts: DeletionFacts;
}

/** What a person is asked, and what each answer means. */
export interface DeletionQuestion extends Question {
  /** Undefined for an answer that deletes only those that lose nothing. */
  choicesOf(answer: string): DeletionChoices | undefined;
}

const everything: DeletionChoices = {
  removeSavedState: true,
  removeSnapshots: true,
  removeCheckpoints: true,
};

/** Whether more goes than a definition, which can be brought back. */
export function losesMore({ facts }: Deletable): boolean {
  return facts.hasSavedState || facts.snapshots > 0 || facts.checkpoints > 0;
}

/** Asks about all of these at once: names them, says what is kept and what is not. */
export function deletionQuestion(vms: readonly Deletable[], l10n: L10n): DeletionQuestion {
  const losing = vms.filter(losesMore);
  const withLoss = lossAnswer(losing, l10n);
  const others = l10n.t('Delete the Other {0}', vms.length - losing.length);
  const plain = vms.length === 1 ? l10n.t('Delete Definition') : l10n.t('Delete Definitions');
  const answers: [string, ...string[]] =
    losing.length === 0 ? [plain] : losing.length === vms.length ? [withLoss] : [others, withLoss];
  const [first] = vms;
  return {
    message:
      vms.length === 1 && first
        ? l10n.t('Delete the definition of {0}?', first.name)
        : l10n.t('Delete the definitions of {0} VMs?', vms.length),
    detail: detail(vms, l10n),
    safe: vms.length === 1 ? l10n.t('Keep Definition') : l10n.t('Keep Definitions'),
    answers,
    choicesOf: (answer) => (answer === withLoss ? everything : undefined),
  };
}

function lossAnswer(losing: readonly Deletable[], l10n: L10n): string {
  const hasStates = losing.some(({ facts }) => facts.hasSavedState);
  const hasRecords = losing.some(({ facts }) => facts.snapshots > 0 || facts.checkpoints > 0);
  if (hasStates && hasRecords) {
    return l10n.t('Delete Saved State and Snapshot Records Too');
  }
  return hasStates ? l10n.t('Delete Saved State Too') : l10n.t('Delete Snapshot Records Too');
}

function detail(vms: readonly Deletable[], l10n: L10n): string {
  const namesOf = (chosen: readonly Deletable[]): string =>
    joinNames(
      chosen.map(({ name }) => name),
      l10n,
    );
  const sentences = [
    l10n.t('The disks are kept. So are firmware variables (NVRAM) and the state of a TPM.'),
  ];
  const running = vms.filter(({ isRunning }) => isRunning);
  if (running.length > 0) {
    sentences.push(l10n.t('Runs on until it is off, and is gone then: {0}.', namesOf(running)));
  }
  const saved = vms.filter(({ facts }) => facts.hasSavedState);
  if (saved.length > 0) {
    sentences.push(
      l10n.t('Has a saved state, which cannot be brought back once deleted: {0}.', namesOf(saved)),
    );
  }
  const recorded = vms.filter(({ facts }) => facts.snapshots > 0 || facts.checkpoints > 0);
  if (recorded.length > 0) {
    sentences.push(
      l10n.t(
        'Has snapshots or checkpoints that libvirt would forget, though their data stays in the disks: {0}.',
        namesOf(recorded),
      ),
    );
  }
  sentences.push(l10n.t('The definition itself can be brought back by Undo.'));
  const names = vms.map(({ name }) => name);
  return [...(vms.length > 1 ? [listNames(names, l10n)] : []), ...sentences].join('\n\n');
}
