import * as vscode from 'vscode';
import type { Inventory } from '../../../inventory/inventory.ts';
import { isActive } from '../../../model/domain.ts';
import type { VmTarget } from '../../selection.ts';
import type { ConsoleTerminals } from '../../terminals/consoleTerminals.ts';
import { atMost } from './atMost.ts';

/** Opens a terminal with the serial console of each VM that runs; offers to start those that do not. */
export async function openConsole(
  targets: readonly VmTarget[],
  inventory: Inventory,
  terminals: ConsoleTerminals,
): Promise<void> {
  const off = showRunning(atMost(targets), inventory, terminals);
  if (off.length > 0 && (await offerStart(off))) {
    showRunning(off, inventory, terminals);
  }
}

type NamedVm = VmTarget & { readonly name: string };

/** @returns those that do not run. */
function showRunning(
  targets: readonly VmTarget[],
  inventory: Inventory,
  terminals: ConsoleTerminals,
): readonly NamedVm[] {
  const off: NamedVm[] = [];
  for (const { host, uuid } of targets) {
    const domain = inventory.session(host)?.domain(uuid);
    if (domain && isActive(domain.state)) {
      terminals.show({ host, uuid }, domain.name);
    } else if (domain) {
      off.push({ host, uuid, name: domain.name });
    }
  }
  return off;
}

/** @returns whether they were started. */
async function offerStart(targets: readonly NamedVm[]): Promise<boolean> {
  const names = targets.map(({ name }) => name).join(', ');
  const start = vscode.l10n.t('Start');
  const chosen = await vscode.window.showWarningMessage(
    targets.length === 1
      ? vscode.l10n.t('{0} is off: only a VM that runs has a console.', names)
      : vscode.l10n.t('These VMs are off, and only one that runs has a console: {0}.', names),
    start,
  );
  if (chosen !== start) {
    return false;
  }
  const nodes = targets.map(({ host, uuid }) => ({
    kind: 'vm',
    id: `vm:${host}/${uuid}`,
    host,
    uuid,
  }));
  await vscode.commands.executeCommand('vmDeck.vm.start', nodes[0], nodes);
  return true;
}
