import type * as vscode from 'vscode';
import type { Clock } from '../../../base/clock.ts';
import { vscodePrompter } from '../../actions/vscodePrompter.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';
import type { Selection } from '../../selection.ts';
import type { HostsSetting } from '../../settings/hostsSetting.ts';
import { showStatus } from '../../statusBar/showStatus.ts';
import type { KeptSecrets } from '../../ssh/keptSecrets.ts';
import type { HostsView } from '../../views/hosts/hostsView.ts';
import type { CommandHandler } from '../register.ts';
import { addHost } from './addHost.ts';
import { moveHostBy, openEntry, removeHosts, setReadOnly } from './changeEntries.ts';
import { editHost } from './editHost.ts';
import { forgetSecrets } from './forgetSecrets.ts';
import type { HostFormSources } from './hostForm.ts';
import { refreshHosts } from './refreshHosts.ts';
import { showHelp } from './showHelp.ts';
import { tryDemo } from './tryDemo.ts';

export interface HostCommandOptions extends HostFormSources {
  readonly selection: Selection;
  readonly registry: HostRegistry;
  readonly hostsSetting: HostsSetting;
  readonly hostsView: HostsView;
  readonly kept: KeptSecrets;
  readonly clock: Clock;
  readonly log: vscode.LogOutputChannel;
}

/** What is done with hosts: which there are, and whether they are connected. */
export function hostCommands(
  options: HostCommandOptions,
): Readonly<Record<string, CommandHandler>> {
  const { selection, registry } = options;
  const names: (clicked: unknown, selected: unknown) => readonly string[] = (clicked, selected) =>
    selection.hosts(clicked, selected).map(({ host }) => host);
  const onEach =
    (action: (names: readonly string[]) => unknown): CommandHandler =>
    (clicked, selected) => {
      const chosen = names(clicked, selected);
      return chosen.length === 0 ? undefined : action(chosen);
    };
  const onOne =
    (action: (name: string) => unknown): CommandHandler =>
    (clicked, selected) => {
      const [first] = isNode(clicked) ? names(clicked, undefined) : names(clicked, selected);
      return first === undefined ? undefined : action(first);
    };
  const commands: Readonly<Record<string, CommandHandler>> = {
    'vmDeck.host.add': () => addHost(options),
    'vmDeck.host.tryDemo': () => tryDemo(options),
    'vmDeck.host.edit': onOne((name) => editHost(name, options)),
    'vmDeck.host.remove': onEach((chosen) => removeHosts(chosen, options)),
    'vmDeck.host.connect': onEach((chosen) => {
      for (const name of chosen) {
        registry.session(name)?.connect();
      }
    }),
    'vmDeck.host.disconnect': onEach((chosen) => {
      for (const name of chosen) {
        registry.session(name)?.disconnect();
      }
    }),
    'vmDeck.host.refresh': onEach((chosen) => refreshHosts(chosen, options)),
    'vmDeck.host.showHelp': onOne((name) => showHelp(name, options)),
    'vmDeck.host.makeReadOnly': onEach((chosen) => setReadOnly(chosen, true, options)),
    'vmDeck.host.makeReadWrite': onEach((chosen) => setReadOnly(chosen, false, options)),
    'vmDeck.host.moveUp': onOne((name) => moveHostBy(name, -1, options)),
    'vmDeck.host.moveDown': onOne((name) => moveHostBy(name, 1, options)),
    'vmDeck.host.openSettings': onOne((name) => openEntry(name, options)),
    'vmDeck.host.forgetSecrets': () => forgetSecrets(options.kept, vscodePrompter),
    'vmDeck.showStatus': () =>
      showStatus({ ...options, showHelp: (name) => showHelp(name, options) }),
  };
  return {
    ...commands,
    // What the row below a host offers, whatever is selected
    'vmDeck.host.followNote': (host, command) =>
      typeof command === 'string' ? commands[command]?.(host) : undefined,
  };
}

function isNode(clicked: unknown): boolean {
  return typeof clicked === 'object' && clicked !== null;
}
