import * as vscode from 'vscode';
import type { HostsView } from '../../views/hosts/hostsView.ts';

/** Asks for the filter and applies it while it is typed; Escape brings back the one before. */
export function editFilter(hostsView: HostsView): void {
  const before = hostsView.filter;
  const input = vscode.window.createInputBox();
  input.title = vscode.l10n.t('Filter VMs');
  input.placeholder = vscode.l10n.t('Words in the name, host, state or address; all must occur');
  input.value = before;
  let isAccepted = false;
  input.onDidChangeValue((value) => {
    hostsView.filter = value;
  });
  input.onDidAccept(() => {
    isAccepted = true;
    input.hide();
  });
  input.onDidHide(() => {
    if (!isAccepted) {
      hostsView.filter = before;
    }
    input.dispose();
  });
  input.show();
}
