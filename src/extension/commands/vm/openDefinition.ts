import * as vscode from 'vscode';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { DefinitionPath } from '../../files/documentPath.ts';
import { toUri } from '../../files/toUri.ts';
import type { VmTarget } from '../../selection.ts';
import { atMost } from './atMost.ts';

/**
 * Opens the definitions of VMs as XML documents: what the next start will use, or of a transient VM, what runs.
 */
export async function openDefinition(
  targets: readonly VmTarget[],
  inventory: Inventory,
): Promise<void> {
  const paths = targets
    .map(({ host, uuid }): DefinitionPath | undefined => {
      const domain = inventory.session(host)?.domain(uuid);
      const view = domain?.persistent === false ? 'live' : 'inactive';
      return domain && { kind: 'definition', host, uuid, view, name: domain.name };
    })
    .filter((path) => path !== undefined);
  for (const path of atMost(paths)) {
    await vscode.window.showTextDocument(toUri(path), { preview: paths.length === 1 });
  }
}
