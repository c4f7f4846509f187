import * as vscode from 'vscode';
import { addHost as withHost, hostNames } from '../../hosts/hostScopes.ts';
import type { HostCommandOptions } from './hostCommands.ts';
import { askHost } from './hostForm.ts';

/** Asks for a host, tries it, writes it to the user's settings, connects it and shows it. */
export async function addHost(options: HostCommandOptions): Promise<void> {
  const { hostsSetting, registry, hostsView } = options;
  const before = hostsSetting.read();
  const answer = await askHost(
    {
      title: vscode.l10n.t('Add Host'),
      confirm: vscode.l10n.t('Add'),
      start: undefined,
      takenNames: hostNames(before),
      takenUris: new Map(
        registry.entries.flatMap((entry) =>
          'uri' in entry ? [[entry.uri.text, entry.name] as const] : [],
        ),
      ),
    },
    options,
  );
  if (!answer) {
    return;
  }
  const { name, uri, readOnly } = answer;
  const isSaved = await hostsSetting.edit((scopes) =>
    withHost(scopes, name, { uri, ...(readOnly ? { readOnly } : {}) }),
  );
  if (isSaved) {
    const session = await registry.whenPresent(name);
    session?.connect();
    await hostsView.revealHost(name);
  }
}
