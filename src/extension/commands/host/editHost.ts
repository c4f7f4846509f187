import * as vscode from 'vscode';
import { changeHost, hostFields, hostNames, scopeOf } from '../../hosts/hostScopes.ts';
import { openEntry } from './changeEntries.ts';
import type { HostCommandOptions } from './hostCommands.ts';
import { askHost } from './hostForm.ts';

/** The same questions as for a new host, answered with what its entry says; written where the entry stands. */
export async function editHost(name: string, options: HostCommandOptions): Promise<void> {
  const { hostsSetting, hostsView, registry } = options;
  const before = hostsSetting.read();
  if (scopeOf(before, name) === undefined) {
    await openEntry(name, options); // the whole setting is broken, and the row stands for that
    return;
  }
  const { uri, readOnly } = hostFields(before, name);
  const entry = registry.entries.find((candidate) => candidate.name === name);
  const answer = await askHost(
    {
      title: vscode.l10n.t('Edit Host "{0}"', name),
      confirm: vscode.l10n.t('Save'),
      start: { name, uri, readOnly },
      ssh: entry && 'ssh' in entry ? entry.ssh : undefined,
      takenNames: new Set([...hostNames(before)].filter((taken) => taken !== name)),
      takenUris: new Map(),
    },
    options,
  );
  if (!answer) {
    return;
  }
  const state = registry.session(name)?.snapshot.status.state;
  const wasWanted = state !== undefined && state !== 'idle';
  const isSaved = await hostsSetting.edit((scopes) =>
    changeHost(scopes, name, {
      name: answer.name,
      uri: answer.uri,
      // What was never said is not written down now
      ...(answer.readOnly === readOnly ? {} : { readOnly: answer.readOnly }),
    }),
  );
  if (isSaved) {
    const session = await registry.whenPresent(answer.name);
    if (wasWanted) {
      session?.connect();
    }
    await hostsView.revealHost(answer.name);
  }
}
