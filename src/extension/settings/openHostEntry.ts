import * as vscode from 'vscode';
import { systemClock } from '../../base/clock.ts';
import { toDisposable } from '../../base/disposable.ts';
import { findHostEntry } from '../hosts/findHostEntry.ts';
import type { HostScope } from '../hosts/hostScopes.ts';

const opener: Readonly<Record<HostScope, string>> = {
  user: 'workbench.action.openSettingsJson',
  workspace: 'workbench.action.openWorkspaceSettingsFile',
};

/** The editor opens the file in its own time, and does not say when it has. */
const openWithinMs = 5_000;

/** Opens the settings file of a scope, at the entry of a host where one is named. */
export async function openHostEntry(scope: HostScope, name: string | undefined): Promise<void> {
  await vscode.commands.executeCommand(opener[scope]);
  const editor = await settingsEditor();
  const at = editor && findHostEntry(editor.document.getText(), name ?? '');
  if (editor && at !== undefined) {
    const position = editor.document.positionAt(at);
    editor.selection = new vscode.Selection(position, position);
    editor.revealRange(
      new vscode.Range(position, position),
      vscode.TextEditorRevealType.InCenterIfOutsideViewport,
    );
  }
}

/** The editor with the settings file, once it is there. */
function settingsEditor(): Promise<vscode.TextEditor | undefined> {
  const isSettings = (editor: vscode.TextEditor | undefined): editor is vscode.TextEditor =>
    editor !== undefined && /(settings\.json|\.code-workspace)$/.test(editor.document.uri.path);
  return new Promise((resolve) => {
    const current = vscode.window.activeTextEditor;
    if (isSettings(current)) {
      resolve(current);
      return;
    }
    const end = toDisposable(() => {
      timer.dispose();
      subscription.dispose();
    });
    const timer = systemClock.after(openWithinMs, () => {
      end.dispose();
      resolve(undefined);
    });
    const subscription = vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (isSettings(editor)) {
        end.dispose();
        resolve(editor);
      }
    });
  });
}
