import * as vscode from 'vscode';
import type { HostSession } from '../../../inventory/hostSession.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { runLifecycle } from '../../../operations/lifecycle.ts';
import type { ActionRunner, RunnableAction } from '../../actions/actionRunner.ts';
import type { Deletion } from '../../actions/deletion.ts';
import { describeVm } from '../../actions/describing.ts';
import type { Prompter } from '../../actions/prompter.ts';
import { renameVm } from '../../actions/renaming.ts';
import type { VmActivities } from '../../actions/vmActivities.ts';
import { lifecycleRows, type LifecycleRow } from '../../actions/vmActionTable.ts';
import type { Selection, VmTarget } from '../../selection.ts';
import type { CommandHandler } from '../register.ts';

export interface VmCommandOptions {
  readonly selection: Selection;
  readonly inventory: Inventory;
  readonly activities: VmActivities;
  readonly runner: ActionRunner;
  readonly deletion: Deletion;
  readonly prompter: Prompter;
  readonly addresses: (session: HostSession, uuid: string) => readonly string[];
  /** These were asked to shut down. */
  readonly followShutdown: (targets: readonly VmTarget[]) => void;
}

/** What is done to VMs, one or many at a time. */
export function vmCommands(options: VmCommandOptions): Readonly<Record<string, CommandHandler>> {
  const { selection, activities, runner, deletion } = options;
  const forAll =
    (act: (targets: readonly VmTarget[]) => unknown): CommandHandler =>
    (clicked, selected) =>
      act(selection.vms(clicked, selected));
  const editing = { ...options, l10n: vscode.l10n };
  return {
    ...Object.fromEntries(
      lifecycleRows.map((row) => [row.command, forAll((targets) => runRow(row, targets, options))]),
    ),
    'vmDeck.vm.rename': forOne(selection, (target) => renameVm(target, editing)),
    'vmDeck.vm.editDescription': forOne(selection, (target) => describeVm(target, editing)),
    'vmDeck.vm.deleteDefinition': forAll((targets) => deletion.run(targets)),
    'vmDeck.vm.cancelOperation': forAll((targets) => {
      for (const target of targets) {
        runner.cancel(target);
      }
    }),
    'vmDeck.vm.dismissResult': forAll((targets) => {
      for (const target of targets) {
        activities.dismiss(target);
      }
    }),
    'vmDeck.vm.copyName': forAll((targets) => copy(targets, options, (_, domain) => [domain.name])),
    'vmDeck.vm.copyUuid': forAll((targets) => copy(targets, options, (_, domain) => [domain.uuid])),
    'vmDeck.vm.copyAddress': forAll((targets) =>
      copy(targets, options, (session, { uuid }) => options.addresses(session, uuid).slice(0, 1)),
    ),
  };
}

/** Forces VMs off, if the person agrees. */
export async function forceOff(targets: readonly VmTarget[], runner: ActionRunner): Promise<void> {
  const row = lifecycleRows.find(({ action }) => action === 'destroy');
  if (row && targets.length > 0) {
    await runner.run(lifecycleAction(row), targets);
  }
}

/** An action of the table with what carries it out. */
function lifecycleAction(row: LifecycleRow): RunnableAction {
  const { action, canCancel = false, confirm } = row;
  return {
    action,
    canCancel,
    words: row.words(vscode.l10n),
    confirm: confirm && ((names) => confirm(names, vscode.l10n)),
    run: (session, uuid, options) => runLifecycle(session, uuid, action, options),
  };
}

async function runRow(
  row: LifecycleRow,
  targets: readonly VmTarget[],
  { runner, followShutdown }: VmCommandOptions,
): Promise<void> {
  const outcomes = await runner.run(lifecycleAction(row), targets);
  if (row.action === 'shutdown') {
    followShutdown(
      outcomes.filter(({ result }) => result.status === 'requested').map(({ target }) => target),
    );
  }
}

/** For what is asked about a single VM: the one that was clicked, or the only one selected. */
function forOne(selection: Selection, act: (target: VmTarget) => Promise<void>): CommandHandler {
  return async (clicked) => {
    const [target, ...more] = selection.vms(clicked, undefined);
    if (!target || more.length > 0) {
      await vscode.window.showInformationMessage(vscode.l10n.t('Select a single VM first.'));
      return;
    }
    await act(target);
  };
}

async function copy(
  targets: readonly VmTarget[],
  { inventory }: VmCommandOptions,
  textsOf: (
    session: HostSession,
    domain: { readonly name: string; readonly uuid: string },
  ) => readonly string[],
): Promise<void> {
  const texts = targets.flatMap(({ host, uuid }) => {
    const session = inventory.session(host);
    const domain = session?.domain(uuid);
    return session && domain ? textsOf(session, domain) : [];
  });
  if (texts.length > 0) {
    await vscode.env.clipboard.writeText(texts.join('\n'));
  }
}
