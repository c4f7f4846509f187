import * as vscode from 'vscode';
import { parseQuery } from '../../../query/parseQuery.ts';
import type { HostsView } from '../../views/hosts/hostsView.ts';

/** Asks for the filter and applies it while it is typed; Escape brings back the one before. */
export function editFilter(hostsView: HostsView): void {
  const before = hostsView.filter;
  const input = vscode.window.createInputBox();
  input.title = vscode.l10n.t('Filter VMs');
  input.placeholder = vscode.l10n.t('Such as web state:running host:lab* cpu>80 -ip:10.0.*');
  input.value = before;
  let isAccepted = false;
  const validate = (value: string): void => {
    const [problem] = parseQuery(value).problems;
    input.validationMessage = problem && vscode.l10n.t(problem.message, ...problem.args);
  };
  validate(before);
  input.onDidChangeValue((value) => {
    validate(value);
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
