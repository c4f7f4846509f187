import * as vscode from 'vscode';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';
import type { Settings } from '../../settings/settings.ts';
import type { HostsView } from '../../views/hosts/hostsView.ts';
import { refreshHosts } from '../host/refreshHosts.ts';
import type { CommandHandler } from '../register.ts';
import { chooseArrangement } from './chooseArrangement.ts';
import { editFilter } from './editFilter.ts';
import { findVm } from './findVm.ts';

export interface ViewCommandOptions {
  readonly hostsView: HostsView;
  readonly registry: HostRegistry;
  readonly inventory: Inventory;
  readonly settings: Settings;
  readonly log: vscode.LogOutputChannel;
}

/** What concerns the Hosts view as a whole, and the log. */
export function viewCommands({
  hostsView,
  registry,
  inventory,
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
    'vmDeck.view.findVm': () => {
      findVm({ inventory, hostsView });
    },
    'vmDeck.view.clearFilter': () => {
      hostsView.filter = '';
    },
    'vmDeck.view.refreshAll': () =>
      refreshHosts(
        registry.entries.map(({ name }) => name),
        { registry, log },
      ),
    'vmDeck.showLog': () => {
      log.show();
    },
  };
}
