import * as vscode from 'vscode';
import {
  brokenScope,
  changeHost,
  moveHost,
  removeHosts as withoutHosts,
  restoreHosts,
  scopeOf,
} from '../../hosts/hostScopes.ts';
import { openHostEntry } from '../../settings/openHostEntry.ts';
import type { HostCommandOptions } from './hostCommands.ts';

/** What these need of the whole. */
type Options = Pick<HostCommandOptions, 'hostsSetting' | 'registry'>;

/** Makes hosts look-only, or lets them be acted on again. */
export async function setReadOnly(
  names: readonly string[],
  readOnly: boolean,
  { hostsSetting }: Pick<Options, 'hostsSetting'>,
): Promise<void> {
  await hostsSetting.edit((scopes) =>
    names.reduce((changed, name) => changeHost(changed, name, { readOnly }), scopes),
  );
}

export async function moveHostBy(
  name: string,
  by: -1 | 1,
  { hostsSetting }: Pick<Options, 'hostsSetting'>,
): Promise<void> {
  await hostsSetting.edit((scopes) => moveHost(scopes, name, by));
}

/** Opens the settings at the very entry of a host. */
export async function openEntry(
  name: string,
  { hostsSetting }: Pick<Options, 'hostsSetting'>,
): Promise<void> {
  const scopes = hostsSetting.read();
  await openHostEntry(scopeOf(scopes, name) ?? brokenScope(scopes) ?? 'user', name);
}

/** Forgets hosts, after asking, and offers to bring them back. */
export async function removeHosts(
  names: readonly string[],
  { hostsSetting, registry }: Options,
): Promise<void> {
  const remove = vscode.l10n.t('Remove');
  const confirmed = await vscode.window.showWarningMessage(
    names.length === 1
      ? vscode.l10n.t('Remove the host "{0}" from VM Deck?', names.join())
      : vscode.l10n.t('Remove {0} hosts from VM Deck?', names.length),
    {
      modal: true,
      detail: [
        ...(names.length === 1 ? [] : [names.join('\n')]),
        vscode.l10n.t(
          'Its entry in your settings goes. Nothing on the host is touched: its VMs go on and keep their disks.',
        ),
      ].join('\n\n'),
    },
    remove,
  );
  if (confirmed !== remove) {
    return;
  }
  const chosen = new Set(names);
  const before = hostsSetting.read();
  const connected = names.filter((name) => {
    const state = registry.session(name)?.snapshot.status.state;
    return state !== undefined && state !== 'idle';
  });
  if (!(await hostsSetting.edit((scopes) => withoutHosts(scopes, chosen)))) {
    return;
  }
  const undo = vscode.l10n.t('Undo');
  const answer = await vscode.window.showInformationMessage(
    names.length === 1
      ? vscode.l10n.t('The host "{0}" was removed.', names.join())
      : vscode.l10n.t('{0} hosts were removed.', names.length),
    undo,
  );
  if (answer === undo && (await hostsSetting.edit((now) => restoreHosts(now, before, chosen)))) {
    for (const name of connected) {
      (await registry.whenPresent(name))?.connect();
    }
  }
}
