import * as vscode from 'vscode';
import { firstDemoUri } from '../../../demo/firstDemoUri.ts';
import { addHost as withHost, hostNames } from '../../hosts/hostScopes.ts';
import type { HostCommandOptions } from './hostCommands.ts';

/** Adds a simulated host to the user's settings, or shows the one that is there, and connects it. */
export async function tryDemo({
  hostsSetting,
  registry,
  hostsView,
}: Pick<HostCommandOptions, 'hostsSetting' | 'registry' | 'hostsView'>): Promise<void> {
  const present = registry.entries.find((entry) => 'uri' in entry && entry.uri.driver === 'demo');
  const name = present?.name ?? freeName(hostNames(hostsSetting.read()));
  if (
    present ??
    (await hostsSetting.edit((scopes) => withHost(scopes, name, { uri: firstDemoUri })))
  ) {
    const session = await registry.whenPresent(name);
    session?.connect();
    await hostsView.revealHost(name);
  }
}

function freeName(taken: ReadonlySet<string>): string {
  const name = vscode.l10n.t('Demo host (simulated)');
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(candidate)) {
      return candidate;
    }
  }
}
