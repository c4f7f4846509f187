import * as vscode from 'vscode';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { Domain } from '../../../model/domain.ts';
import type { Selection } from '../../selection.ts';
import type { CommandHandler } from '../register.ts';

export interface VmCommandOptions {
  readonly selection: Selection;
  readonly inventory: Inventory;
}

/** What is done to VMs, one or many at a time. */
export function vmCommands({
  selection,
  inventory,
}: VmCommandOptions): Readonly<Record<string, CommandHandler>> {
  const copy =
    (text: (domain: Domain) => string): CommandHandler =>
    async (clicked, selected) => {
      const domains = selection
        .vms(clicked, selected)
        .map(({ host, uuid }) => inventory.session(host)?.snapshot.domains.get(uuid))
        .filter((domain) => domain !== undefined);
      await vscode.env.clipboard.writeText(domains.map(text).join('\n'));
    };
  return {
    'vmDeck.vm.copyName': copy((domain) => domain.name),
    'vmDeck.vm.copyUuid': copy((domain) => domain.uuid),
  };
}
