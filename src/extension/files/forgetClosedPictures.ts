import * as vscode from 'vscode';
import { parseDocumentPath } from './documentPath.ts';
import type { Pictures } from './pictures.ts';

/** Frees the memory of a picture when its last tab is closed. */
export function forgetClosedPictures(pictures: Pictures): vscode.Disposable {
  return vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
    for (const uri of closed.map(uriOf)) {
      const path = uri && parseDocumentPath(uri.path);
      if (path?.kind === 'picture' && !isOpen(uri)) {
        pictures.remove(path);
      }
    }
  });
}

/** Moved to another group, it is closed here and open there. */
function isOpen(uri: vscode.Uri | undefined): boolean {
  const id = uri?.toString();
  return vscode.window.tabGroups.all.some((group) =>
    group.tabs.some((tab) => uriOf(tab)?.toString() === id),
  );
}

function uriOf({ input }: vscode.Tab): vscode.Uri | undefined {
  const hasUri = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText;
  return hasUri && input.uri.scheme === 'libvirt' ? input.uri : undefined;
}
