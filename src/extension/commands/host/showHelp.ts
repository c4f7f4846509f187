import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { hostHelp, type HelpAction } from '../../hosts/hostHelp.ts';
import type { HostCommandOptions } from './hostCommands.ts';
import { openEntry, setReadOnly } from './changeEntries.ts';
import { editHost } from './editHost.ts';

/** "What Can I Do?": says what is wrong with a host and offers what helps. */
export async function showHelp(name: string, options: HostCommandOptions): Promise<void> {
  const { registry } = options;
  const entry = registry.entry(name);
  const help = entry && hostHelp(entry, registry.session(name)?.snapshot.status, vscode.l10n);
  if (!help) {
    return;
  }
  const buttons = help.actions.map((action) => ({ title: label(action), action }));
  const chosen = await vscode.window.showWarningMessage(
    help.message,
    { modal: true, detail: help.detail },
    ...buttons,
  );
  if (chosen) {
    await run(chosen.action, name, options);
  }
}

function label({ kind }: HelpAction): string {
  switch (kind) {
    case 'copyCommand':
      return vscode.l10n.t('Copy Command');
    case 'tryAgain':
      return vscode.l10n.t('Try Again');
    case 'showHostKey':
      return vscode.l10n.t('Show Host Key');
    case 'enterPassphrase':
      return vscode.l10n.t('Enter Passphrase');
    case 'enterPassword':
      return vscode.l10n.t('Enter Password');
    case 'answerServer':
      return vscode.l10n.t('Log In');
    case 'openKnownHosts':
      return vscode.l10n.t('Open known_hosts');
    case 'openSshConfig':
      return vscode.l10n.t('Open SSH Config');
    case 'connectReadOnly':
      return vscode.l10n.t('Connect Read-Only');
    case 'disconnect':
      return vscode.l10n.t('Disconnect');
    case 'editHost':
      return vscode.l10n.t('Edit Host…');
    case 'openEntry':
      return vscode.l10n.t('Open in Settings');
    case 'showLog':
      return vscode.l10n.t('Show Log');
  }
}

async function run(action: HelpAction, name: string, options: HostCommandOptions): Promise<void> {
  const session = options.registry.session(name);
  switch (action.kind) {
    case 'copyCommand':
      await vscode.env.clipboard.writeText(action.command);
      return;
    case 'tryAgain':
    case 'showHostKey':
    case 'enterPassphrase':
    case 'enterPassword':
    case 'answerServer':
      session?.connect();
      return;
    case 'openKnownHosts':
      await (action.file === undefined
        ? openUserFile('known_hosts')
        : openAt(vscode.Uri.file(action.file), action.line ?? 1));
      return;
    case 'openSshConfig':
      await openUserFile('config');
      return;
    case 'connectReadOnly':
      // The session that the changed entry gets connects, since this one was wanted
      await setReadOnly([name], true, options);
      return;
    case 'disconnect':
      session?.disconnect();
      return;
    case 'editHost':
      await editHost(name, options);
      return;
    case 'openEntry':
      await openEntry(name, options);
      return;
    case 'showLog':
      await vscode.commands.executeCommand('vmDeck.showLog');
  }
}

/** Opens a file of the user's SSH folder; one that is not there yet opens empty, and is made when saved. */
async function openUserFile(name: 'config' | 'known_hosts'): Promise<void> {
  const file = vscode.Uri.joinPath(vscode.Uri.file(homedir()), '.ssh', name);
  const isThere = await vscode.workspace.fs.stat(file).then(
    () => true,
    () => false,
  );
  await vscode.window.showTextDocument(isThere ? file : file.with({ scheme: 'untitled' }));
}

/** @param line from 1 */
async function openAt(file: vscode.Uri, line: number): Promise<void> {
  const position = new vscode.Position(line - 1, 0);
  await vscode.window.showTextDocument(file, { selection: new vscode.Range(position, position) });
}
