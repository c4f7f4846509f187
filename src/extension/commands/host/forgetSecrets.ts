import * as vscode from 'vscode';
import type { Prompter } from '../../actions/prompter.ts';
import type { KeptSecrets } from '../../ssh/keptSecrets.ts';

/** Forgets every passphrase and password that was kept, after asking. */
export async function forgetSecrets(kept: KeptSecrets, prompter: Prompter): Promise<void> {
  const answer = await prompter.ask({
    message: vscode.l10n.t('Forget every SSH passphrase and password that VM Deck keeps?'),
    detail: vscode.l10n.t('Connections that are open stay so. You will be asked the next time.'),
    safe: vscode.l10n.t('Keep Them'),
    answers: [vscode.l10n.t('Forget All')],
  });
  if (answer !== undefined) {
    const count = await kept.forgetAll();
    void vscode.window.showInformationMessage(
      count === 0 ? vscode.l10n.t('None was kept.') : vscode.l10n.t('{0} forgotten.', count),
    );
  }
}
