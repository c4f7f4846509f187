import type { Clock } from '../../base/clock.ts';
import { messageOf, toError } from '../../base/errors.ts';
import { mapLimited } from '../../base/limit.ts';
import { scopedLog, type Log } from '../../base/log.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { isActive } from '../../model/domain.ts';
import { readDefinition } from '../../operations/definition.ts';
import {
  deleteDefinition,
  readDeletionFacts,
  restoreDefinition,
  type DeletionChoices,
} from '../../operations/deleteDefinition.ts';
import type { L10n } from '../l10n.ts';
import type { VmTarget } from '../selection.ts';
import type { ActionRunner, RunnableAction } from './actionRunner.ts';
import type { DefinitionTrash, TrashedDefinition } from './definitionTrash.ts';
import { deletionQuestion, losesMore, type Deletable } from './deletionQuestion.ts';
import type { Prompter } from './prompter.ts';
import { joinNames } from './targetNames.ts';
import { keyOf } from './vmActivities.ts';
import type { ActionWords } from './vmActionTable.ts';

export interface DeletionOptions {
  readonly runner: ActionRunner;
  readonly inventory: Inventory;
  readonly prompter: Prompter;
  readonly trash: DefinitionTrash;
  readonly clock: Clock;
  readonly log: Log;
  readonly l10n: L10n;
  readonly showLog: () => unknown;
}

const readAtATime = 4;

/** Deletes definitions: asks first, keeps each in the trash before it is deleted, and offers to undo it. */
export class Deletion {
  readonly #options: DeletionOptions;

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  async run(targets: readonly VmTarget[]): Promise<void> {
    const { prompter, runner, l10n } = this.#options;
    const deletable = await this.#look(targets);
    const asked = [...deletable.values()];
    let choices: DeletionChoices | undefined;
    if (asked.length > 0) {
      const question = deletionQuestion(asked, l10n);
      const answer = await prompter.ask(question);
      if (answer === undefined) {
        return;
      }
      choices = question.choicesOf(answer);
    }
    // Those that would lose more than was agreed to were left out by the person, which is no failure
    const chosen = targets.filter((target) => {
      const vm = deletable.get(keyOf(target));
      return !vm || choices !== undefined || !losesMore(vm);
    });
    const deleted: TrashedDefinition[] = [];
    await runner.run(this.#action(choices ?? {}, deleted), chosen);
    if (deleted.length > 0) {
      this.#offerUndo(deleted);
    }
  }

  /** Defines VMs again as they were. */
  async restore(deleted: readonly TrashedDefinition[]): Promise<void> {
    const { clock, inventory, l10n, prompter, showLog } = this.#options;
    const reasons: string[] = [];
    await mapLimited(deleted, readAtATime, async (definition) => {
      const { host, name } = definition;
      const log = scopedLog(this.#options.log, host);
      const session = inventory.session(host);
      if (!session) {
        reasons.push(l10n.t('{0}: {1}', name, l10n.t('Its host is not configured any more.')));
        return;
      }
      const result = await restoreDefinition(session, definition, { clock, log });
      if ('reason' in result) {
        log.error(`The definition of ${name} was not brought back: ${result.reason}`);
        reasons.push(l10n.t('{0}: {1}', name, l10n.t(result.reason)));
      }
    });
    if (reasons.length > 0) {
      void prompter.notify(
        'error',
        l10n.t(
          'Not all definitions were brought back. They are kept in files that the log names. {0}',
          reasons.join(' '),
        ),
        [{ label: l10n.t('Show Log'), run: showLog }],
      );
    }
  }

  /** What deleting each would take with it. Those it cannot be done to are left to the runner to tell of. */
  async #look(targets: readonly VmTarget[]): Promise<ReadonlyMap<string, Deletable>> {
    const { inventory, log, runner } = this.#options;
    const deletable = new Map<string, Deletable>();
    await mapLimited(targets, readAtATime, async (target) => {
      const session = inventory.session(target.host);
      const domain = session?.domain(target.uuid);
      if (!session || !domain || runner.refusal('deleteDefinition', target) !== undefined) {
        return;
      }
      try {
        const facts = await readDeletionFacts(session, domain);
        if (!facts.losesTpm) {
          const { name, state } = domain;
          deletable.set(keyOf(target), { name, isRunning: isActive(state), facts });
        }
      } catch (error) {
        // Deleting it will fail as well, and tell
        log.warn(`[${target.host}] ${domain.name}: ${messageOf(error)}`);
      }
    });
    return deletable;
  }

  #action(choices: DeletionChoices, deleted: TrashedDefinition[]): RunnableAction {
    const { trash, l10n } = this.#options;
    return {
      action: 'deleteDefinition',
      words: deletionWords(l10n),
      run: async (session, uuid, options) => {
        const { log, signal } = options;
        const { name } = session;
        const domain = session.domain(uuid);
        const xml = await readDefinition(session, uuid, {
          which: 'inactive',
          secure: true,
          signal,
        });
        if (!domain || xml === null) {
          return { status: 'refused', reason: 'The VM does not exist any more.' };
        }
        const before = { host: name, uuid, name: domain.name, xml, autostart: domain.autostart };
        let path: string;
        try {
          path = await trash.put(before);
        } catch (error) {
          const reason = l10n.t('It could not be kept for Undo first: {0}', messageOf(error));
          return { status: 'failed', reason, error: toError(error) };
        }
        log.info(`The definition of ${domain.name} is kept in ${path}`);
        const result = await deleteDefinition(session, uuid, choices, options);
        if (result.status !== 'done') {
          return result;
        }
        deleted.push({ ...result.deleted, host: name });
        return { status: 'done' };
      },
    };
  }

  #offerUndo(deleted: readonly TrashedDefinition[]): void {
    const { l10n, prompter } = this.#options;
    const [first] = deleted;
    const names = deleted.map(({ name }) => name);
    const message =
      deleted.length === 1 && first
        ? l10n.t('The definition of {0} was deleted. Its disks are kept.', first.name)
        : l10n.t(
            'The definitions of {0} VMs were deleted: {1}. Their disks are kept.',
            deleted.length,
            joinNames(names, l10n),
          );
    void prompter.notify('info', message, [
      { label: l10n.t('Undo'), run: () => this.restore(deleted) },
    ]);
  }
}

function deletionWords(l10n: L10n): ActionWords {
  return {
    doing: l10n.t('deleting the definition'),
    notDone: l10n.t('definition not deleted'),
    one: (name) => l10n.t('The definition of {0} was not deleted.', name),
    many: (failed, total) =>
      l10n.t('The definitions of {0} of {1} VMs were not deleted:', failed, total),
  };
}
