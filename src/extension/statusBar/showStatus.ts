import * as vscode from 'vscode';
import type { Clock } from '../../base/clock.ts';
import { hostHelp } from '../hosts/hostHelp.ts';
import type { HostRegistry } from '../hosts/hostRegistry.ts';
import type { HostsView } from '../views/hosts/hostsView.ts';
import { hostLine } from './hostLine.ts';

export interface ShowStatusOptions {
  readonly registry: HostRegistry;
  readonly hostsView: HostsView;
  readonly clock: Clock;
  /** Says what can be done about a host. */
  readonly showHelp: (host: string) => unknown;
}

interface Item extends vscode.QuickPickItem {
  readonly run?: () => unknown;
}

/** How all hosts stand, a line each, and where to go from there. */
export async function showStatus(options: ShowStatusOptions): Promise<void> {
  const { registry, clock } = options;
  const now = clock.now();
  const items: Item[] = [
    {
      label: vscode.l10n.t('Show Hosts'),
      iconPath: new vscode.ThemeIcon('list-tree'),
      run: command('vmDeck.view.show'),
    },
    {
      label: vscode.l10n.t('Open Dashboard'),
      iconPath: new vscode.ThemeIcon('dashboard'),
      run: command('vmDeck.dashboard.open'),
    },
    { label: vscode.l10n.t('Hosts'), kind: vscode.QuickPickItemKind.Separator },
    ...registry.entries.map((entry): Item => {
      const { name, description, icon } = hostLine(entry, registry.session(entry.name), now);
      return {
        label: name,
        iconPath: new vscode.ThemeIcon(icon),
        description,
        run: () => visit(name, options),
      };
    }),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    {
      label: vscode.l10n.t('Show Log'),
      iconPath: new vscode.ThemeIcon('output'),
      run: command('vmDeck.showLog'),
    },
    {
      label: vscode.l10n.t('Add Host…'),
      iconPath: new vscode.ThemeIcon('add'),
      run: command('vmDeck.host.add'),
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('VM Deck'),
    placeHolder: vscode.l10n.t('Choose a host to see it, or what can be done about it'),
    matchOnDescription: true,
  });
  await chosen?.run?.();
}

function command(id: string): () => unknown {
  return () => vscode.commands.executeCommand(id);
}

async function visit(name: string, options: ShowStatusOptions): Promise<void> {
  const { registry, hostsView, showHelp } = options;
  await hostsView.revealHost(name);
  const entry = registry.entry(name);
  if (entry && hostHelp(entry, registry.session(name)?.snapshot.status, vscode.l10n)) {
    await showHelp(name);
  }
}
