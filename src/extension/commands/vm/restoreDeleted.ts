import * as vscode from 'vscode';
import type { Clock } from '../../../base/clock.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { DefinitionTrash, KeptDefinition } from '../../actions/definitionTrash.ts';
import type { Deletion } from '../../actions/deletion.ts';
import { formatSince } from '../../views/hosts/format.ts';

export interface RestoreSources {
  readonly trash: DefinitionTrash;
  readonly deletion: Deletion;
  readonly inventory: Inventory;
  readonly clock: Clock;
}

interface Item extends vscode.QuickPickItem {
  readonly definition: KeptDefinition;
}

/** Offers the definitions that were deleted, by any window, and brings back those that are chosen. */
export async function restoreDeleted(sources: RestoreSources): Promise<void> {
  const { trash, deletion, inventory, clock } = sources;
  // Of a VM that was deleted several times, what it was last
  const kept = new Map<string, KeptDefinition>();
  for (const definition of await trash.list()) {
    const key = `${definition.host}/${definition.uuid}`;
    const isThere = inventory.session(definition.host)?.domain(definition.uuid) !== undefined;
    if (!isThere && !kept.has(key)) {
      kept.set(key, definition);
    }
  }
  if (kept.size === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There is no deleted definition to restore.'),
    );
    return;
  }
  const items = [...kept.values()].map((definition): Item => {
    const { name, host, deletedAt } = definition;
    return {
      label: name,
      description: vscode.l10n.t('{0}, deleted {1}', host, formatSince(deletedAt, clock.now())),
      definition,
    };
  });
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Restore Deleted Definitions'),
    placeHolder: vscode.l10n.t('Which are to be defined again? Their disks were kept.'),
    canPickMany: true,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (chosen && chosen.length > 0) {
    await deletion.restore(chosen.map(({ definition }) => definition));
  }
}
