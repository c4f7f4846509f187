import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Log } from '../../base/log.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { OperationLog } from '../../operations/operationLog.ts';
import { forceOff, vmCommands, type VmCommandOptions } from '../commands/vm/vmCommands.ts';
import { restoreDeleted } from '../commands/vm/restoreDeleted.ts';
import type { CommandHandler } from '../commands/register.ts';
import type { Settings } from '../settings/settings.ts';
import { ActionRunner } from './actionRunner.ts';
import { DefinitionTrash } from './definitionTrash.ts';
import { Deletion } from './deletion.ts';
import { ShutdownFollowUp } from './shutdownFollowUp.ts';
import type { VmActivities } from './vmActivities.ts';
import { vscodePrompter } from './vscodePrompter.ts';

export interface ActionSources extends Pick<VmCommandOptions, 'selection' | 'addresses'> {
  readonly inventory: Inventory;
  readonly activities: VmActivities;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** Where what all windows share is kept. */
  readonly storageUri: vscode.Uri;
  readonly isViewVisible: () => boolean;
}

/** Puts together what acts on VMs. */
export function composeActions({
  selection,
  addresses,
  settings,
  storageUri,
  isViewVisible,
  ...sources
}: ActionSources): Disposable & {
  readonly commands: Readonly<Record<string, CommandHandler>>;
  readonly operations: Pick<OperationLog, 'ended'>;
} {
  const store = new DisposableStore();
  const { clock, log } = sources;
  const common = { ...sources, prompter: vscodePrompter, l10n: vscode.l10n };
  const showLog = (): unknown => vscode.commands.executeCommand('vmDeck.showLog');
  // Not disposed with the rest, which would cancel: a save goes on at the host when the window is closed
  const operations = new OperationLog({ clock, log });
  const runner = new ActionRunner({
    ...common,
    operations,
    isViewVisible,
    showHosts: () => vscode.commands.executeCommand('vmDeck.hosts.focus'),
    showLog,
  });
  const trash = new DefinitionTrash(join(storageUri.fsPath, 'trash'), clock);
  const followUp = store.add(
    new ShutdownFollowUp({
      ...common,
      onDidBegin: runner.onDidBegin,
      timeoutMs: () => settings.shutdownTimeoutMs,
      forceOff: (targets) => forceOff(targets, runner),
    }),
  );
  const deletion = new Deletion({ ...common, runner, trash, showLog });
  return {
    operations,
    commands: {
      ...vmCommands({
        ...common,
        selection,
        addresses,
        runner,
        deletion,
        followShutdown: (targets) => {
          followUp.follow(targets);
        },
      }),
      'vmDeck.vm.restoreDeleted': () => restoreDeleted({ ...common, trash, deletion }),
    },
    dispose: () => {
      store.dispose();
    },
  };
}
