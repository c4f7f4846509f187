import type { Inventory } from '../../inventory/inventory.ts';
import { guardName, rename } from '../../operations/rename.ts';
import type { L10n } from '../l10n.ts';
import type { VmTarget } from '../selection.ts';
import type { ActionRunner } from './actionRunner.ts';
import type { Prompter } from './prompter.ts';
import type { ActionWords } from './vmActionTable.ts';

export interface RenamingOptions {
  readonly runner: ActionRunner;
  readonly inventory: Inventory;
  readonly prompter: Prompter;
  readonly l10n: L10n;
}

/** Asks for another name for a VM, and gives it. */
export async function renameVm(
  target: VmTarget,
  { runner, inventory, prompter, l10n }: RenamingOptions,
): Promise<void> {
  const words = renamingWords(l10n);
  const name = runner.nameOf(target);
  const refusal = runner.refusal('rename', target);
  if (refusal !== undefined) {
    await prompter.notify('warning', `${words.one(name)} ${refusal}`);
    return;
  }
  const answer = await prompter.askText({
    title: l10n.t('Rename {0}', name),
    prompt: l10n.t('The new name; its UUID, disks and snapshots stay as they are.'),
    value: name,
    validate: (text) => {
      // As it is now: a VM may have come meanwhile that has the name
      const domains = inventory.session(target.host)?.snapshot.domains.values() ?? [];
      const others = [...domains].filter(({ uuid }) => uuid !== target.uuid);
      const reason = guardName(
        text,
        others.map((other) => other.name),
      );
      return reason === undefined ? undefined : l10n.t(reason);
    },
  });
  if (answer === undefined || answer === name) {
    return;
  }
  await runner.run(
    {
      action: 'rename',
      words,
      run: (session, uuid, options) => rename(session, uuid, answer, options),
    },
    [target],
  );
}

function renamingWords(l10n: L10n): ActionWords {
  return {
    doing: l10n.t('renaming'),
    notDone: l10n.t('not renamed'),
    one: (name) => l10n.t('{0} was not renamed.', name),
    many: (failed, total) => l10n.t('{0} of {1} VMs were not renamed:', failed, total),
  };
}
