import * as vscode from 'vscode';
import { messageOf } from '../../../base/errors.ts';
import { isReachable } from '../../../model/host.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';
import type { Settings } from '../../settings/settings.ts';
import type { HostsView } from '../../views/hosts/hostsView.ts';
import type { CommandHandler } from '../register.ts';
import { chooseArrangement } from './chooseArrangement.ts';
import { editFilter } from './editFilter.ts';

export interface ViewCommandOptions {
  readonly hostsView: HostsView;
  readonly registry: HostRegistry;
  readonly settings: Settings;
  readonly log: vscode.LogOutputChannel;
}

/** What concerns the Hosts view as a whole, and the log. */
export function viewCommands({
  hostsView,
  registry,
  settings,
  log,
}: ViewCommandOptions): Readonly<Record<string, CommandHandler>> {
  return {
    'vmDeck.view.show': () => vscode.commands.executeCommand('vmDeck.hosts.focus'),
    'vmDeck.view.groupBy': () => chooseArrangement('groupBy', settings),
    'vmDeck.view.sortBy': () => chooseArrangement('sortBy', settings),
    'vmDeck.view.filter': () => {
      editFilter(hostsView);
    },
    'vmDeck.view.clearFilter': () => {
      hostsView.filter = '';
    },
    'vmDeck.view.refreshAll': () => refreshAll(registry, log),
    'vmDeck.showLog': () => {
      log.show();
    },
  };
}

/** Reads connected hosts again and tries the others at once; a host that is told to stay off stays off. */
async function refreshAll(registry: HostRegistry, log: vscode.LogOutputChannel): Promise<void> {
  await vscode.window.withProgress({ location: { viewId: 'vmDeck.hosts' } }, async () => {
    await Promise.all(
      registry.entries.map(async ({ name }) => {
        const session = registry.session(name);
        if (!session || session.snapshot.status.state === 'idle') {
          return;
        }
        if (!isReachable(session.snapshot.status)) {
          session.connect();
          return;
        }
        try {
          await session.refresh();
        } catch (error) {
          // The host's own row says how it stands
          log.warn(`[${name}] refresh failed: ${messageOf(error)}`);
        }
      }),
    );
  });
}
