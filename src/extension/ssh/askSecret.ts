import * as vscode from 'vscode';

export interface SecretQuestion {
  readonly title: string;
  readonly prompt: string;
  /** What was wrong with the answer before; undefined the first time. */
  readonly problem: string | undefined;
  /** Whether what is entered can be kept for the next time. */
  readonly canKeep: boolean;
  readonly signal: AbortSignal;
}

export interface SecretAnswer {
  readonly secret: string;
  readonly keep: boolean;
}

/** Asks for a secret; undefined if the person does not want to say it, or the signal was aborted. */
export function askSecret(question: SecretQuestion): Promise<SecretAnswer | undefined> {
  if (question.signal.aborted) {
    return Promise.resolve(undefined);
  }
  return new Promise((resolve) => {
    const input = vscode.window.createInputBox();
    let keep = false;
    let answer: SecretAnswer | undefined;
    let { problem } = question;
    const dress = (): void => {
      input.prompt = `${question.prompt} ${question.canKeep ? fate(keep) : ''}`.trim();
      // The editor shows one of the two
      input.validationMessage = problem && `${problem} ${input.prompt}`;
      input.buttons = question.canKeep ? [keepButton(keep)] : [];
    };
    input.title = question.title;
    input.password = true;
    // It is copied from a password manager, perhaps
    input.ignoreFocusOut = true;
    dress();
    const abort = (): void => {
      input.hide();
    };
    question.signal.addEventListener('abort', abort, { once: true });
    input.onDidChangeValue(() => {
      problem = undefined;
      dress();
    });
    input.onDidTriggerButton(() => {
      keep = !keep;
      dress();
    });
    input.onDidAccept(() => {
      answer = { secret: input.value, keep };
      input.hide();
    });
    input.onDidHide(() => {
      question.signal.removeEventListener('abort', abort);
      input.dispose();
      resolve(answer);
    });
    input.show();
  });
}

function fate(isKept: boolean): string {
  if (!isKept) {
    return vscode.l10n.t('It is forgotten when this window closes; the button above keeps it.');
  }
  return vscode.env.uiKind === vscode.UIKind.Web
    ? vscode.l10n.t('It will be kept until the server of this editor stops.')
    : vscode.l10n.t("It will be kept in your system's secret storage.");
}

function keepButton(isKept: boolean): vscode.QuickInputButton {
  return isKept
    ? {
        iconPath: new vscode.ThemeIcon('pass-filled'),
        tooltip: vscode.l10n.t('Kept; do not keep it'),
      }
    : {
        iconPath: new vscode.ThemeIcon('save'),
        tooltip: vscode.l10n.t('Keep it for the next time'),
      };
}
