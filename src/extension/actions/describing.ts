import { messageOf } from '../../base/errors.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { readDescription, setDescription } from '../../operations/describe.ts';
import type { L10n } from '../l10n.ts';
import type { VmTarget } from '../selection.ts';
import type { ActionRunner } from './actionRunner.ts';
import type { Prompter } from './prompter.ts';
import type { ActionWords } from './vmActionTable.ts';

export interface DescribingOptions {
  readonly runner: ActionRunner;
  readonly inventory: Inventory;
  readonly prompter: Prompter;
  readonly l10n: L10n;
}

/** Stands for a line break in an input box, which has a single line. */
const breakSign = '⏎';

/** Shows a VM's description for editing, and writes it if it was changed. */
export async function describeVm(
  target: VmTarget,
  { runner, inventory, prompter, l10n }: DescribingOptions,
): Promise<void> {
  const words = describingWords(l10n);
  const name = runner.nameOf(target);
  const session = inventory.session(target.host);
  const domain = session?.domain(target.uuid);
  const refusal = runner.refusal('editDescription', target);
  if (refusal !== undefined || !session || !domain) {
    await prompter.notify('warning', `${words.one(name)} ${refusal ?? ''}`.trim());
    return;
  }
  let before: string;
  try {
    before = (await readDescription(session, domain)).description ?? '';
  } catch (error) {
    const message = l10n.t('The description of {0} could not be read: {1}', name, messageOf(error));
    await prompter.notify('error', message);
    return;
  }
  const shown = toLine(before);
  const answer = await prompter.askText({
    title: l10n.t('Description of {0}', name),
    prompt: l10n.t('{0} stands for a line break. Leave it empty to have none.', breakSign),
    value: shown,
    validate: () => undefined,
  });
  // What was not touched is not written: not even its kind of line break changes
  if (answer === undefined || answer === shown) {
    return;
  }
  await runner.run(
    {
      action: 'editDescription',
      words,
      run: (on, uuid, options) =>
        setDescription(on, uuid, { description: fromLine(answer) }, options),
    },
    [target],
  );
}

/** All lines in one. */
export function toLine(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, breakSign);
}

/** The lines that {@link toLine} joined. */
export function fromLine(line: string): string {
  return line.replaceAll(breakSign, '\n');
}

function describingWords(l10n: L10n): ActionWords {
  return {
    doing: l10n.t('writing the description'),
    notDone: l10n.t('description not written'),
    one: (name) => l10n.t('The description of {0} was not written.', name),
    many: (failed, total) =>
      l10n.t('The descriptions of {0} of {1} VMs were not written:', failed, total),
  };
}
