import * as vscode from 'vscode';
import type { KeptSecrets } from '../../ssh/keptSecrets.ts';

/** Forgets every passphrase and password that was kept, after asking. */
export async function forgetSecrets(kept: KeptSecrets): Promise<void> {
  const forget = vscode.l10n.t('Forget All');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('Forget every SSH passphrase and password that VM Deck keeps?'),
    {
      modal: true,
      detail: vscode.l10n.t('Connections that are open stay so. You will be asked the next time.'),
    },
    forget,
  );
  if (chosen === forget) {
    const count = await kept.forgetAll();
    void vscode.window.showInformationMessage(
      count === 0 ? vscode.l10n.t('None was kept.') : vscode.l10n.t('{0} forgotten.', count),
    );
  }
}
