import * as vscode from 'vscode';

const maxTabs = 10;

/** As many as are opened at once; says so where some are left out. */
export function atMost<T>(items: readonly T[]): readonly T[] {
  if (items.length > maxTabs) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'Only the first {0} of {1} VMs are opened: more tabs at once would help nobody.',
        maxTabs,
        items.length,
      ),
    );
  }
  return items.slice(0, maxTabs);
}
