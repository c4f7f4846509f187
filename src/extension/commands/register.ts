import * as vscode from 'vscode';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';

/** What a command does; the arguments are whatever its caller passes. */
export type CommandHandler = (...args: readonly unknown[]) => unknown;

/**
 * Registers commands by their ids. What one of them throws is a fault of ours: it is logged in full and said in a
 * sentence, with the log a click away.
 */
export function registerCommands(
  handlers: Readonly<Record<string, CommandHandler>>,
  log: Log,
): readonly vscode.Disposable[] {
  return Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...args: readonly unknown[]) => {
      if (isForGoneRow(args)) {
        void vscode.window.showWarningMessage(
          vscode.l10n.t(
            'Nothing was done: what this was meant for has gone, or its row was just being drawn anew. If it is there, try again.',
          ),
        );
        return undefined;
      }
      try {
        return await handler(...args);
      } catch (error) {
        log.error(
          `${id} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        const showLog = vscode.l10n.t('Show Log');
        const chosen = await vscode.window.showErrorMessage(
          vscode.l10n.t('That did not work: {0}', messageOf(error)),
          showLog,
        );
        if (chosen === showLog) {
          await vscode.commands.executeCommand('vmDeck.showLog');
        }
        return undefined;
      }
    }),
  );
}

/**
 * Whether a row's menu stayed open until the row had gone: the editor passes the row and what is selected, and then
 * nothing in the place of the row. So it does, for some ten milliseconds, while rows are drawn anew. Without this the
 * selection, other rows, would be taken for what was meant.
 */
function isForGoneRow(args: readonly unknown[]): boolean {
  return args.length > 1 && (args[0] === undefined || args[0] === null);
}
