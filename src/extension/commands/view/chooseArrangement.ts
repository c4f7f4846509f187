import * as vscode from 'vscode';
import type { Settings } from '../../settings/settings.ts';

interface Choice extends vscode.QuickPickItem {
  readonly value: string;
}

/** Asks how the tree is to be arranged, the present way ticked, and writes it to the user's settings. */
export async function chooseArrangement(
  what: 'groupBy' | 'sortBy',
  settings: Settings,
): Promise<void> {
  const choices = what === 'groupBy' ? groupings() : orders();
  const current = settings.explorer[what];
  const chosen = await vscode.window.showQuickPick(
    choices.map((choice) => ({
      ...choice,
      label: `${choice.value === current ? '$(check)' : '$(blank)'} ${choice.label}`,
    })),
    {
      title:
        what === 'groupBy' ? vscode.l10n.t('Group hosts and VMs by') : vscode.l10n.t('Sort VMs by'),
    },
  );
  if (chosen) {
    await vscode.workspace
      .getConfiguration('vmDeck.explorer')
      .update(what, chosen.value, vscode.ConfigurationTarget.Global);
  }
}

function groupings(): readonly Choice[] {
  return [
    {
      value: 'host',
      label: vscode.l10n.t('Host'),
      description: vscode.l10n.t('each host with its VMs'),
    },
    {
      value: 'state',
      label: vscode.l10n.t('State'),
      description: vscode.l10n.t('all VMs of all hosts by state'),
    },
  ];
}

function orders(): readonly Choice[] {
  return [
    { value: 'name', label: vscode.l10n.t('Name') },
    {
      value: 'state',
      label: vscode.l10n.t('State'),
      description: vscode.l10n.t('the most urgent first'),
    },
    { value: 'cpu', label: vscode.l10n.t('CPU'), description: vscode.l10n.t('the busiest first') },
    {
      value: 'memory',
      label: vscode.l10n.t('Memory'),
      description: vscode.l10n.t('the largest first'),
    },
  ];
}
