import * as vscode from 'vscode';
import type { Prompter } from './prompter.ts';

const show = {
  info: vscode.window.showInformationMessage,
  warning: vscode.window.showWarningMessage,
  error: vscode.window.showErrorMessage,
};

/** The editor's notifications, modals and input boxes. */
export const vscodePrompter: Prompter = {
  notify: async (severity, message, choices = []) => {
    const labels = choices.map(({ label }) => label);
    const chosen = await show[severity](message, ...labels);
    await choices.find(({ label }) => label === chosen)?.run();
  },

  ask: async ({ message, detail, safe, answers }) => {
    // The first button is the one that Enter presses, and so the safe answer. The editor adds "Cancel" for Escape unless a
    // button is marked `isCloseAffordance`; but that one it puts last, and Enter would then press what cannot be undone.
    const options = { modal: true, detail };
    const chosen = await vscode.window.showWarningMessage(message, options, safe, ...answers);
    return chosen === safe ? undefined : chosen;
  },

  askText: ({ title, prompt, value, validate }) =>
    Promise.resolve(
      vscode.window.showInputBox({
        title,
        prompt,
        value,
        ignoreFocusOut: true,
        validateInput: validate,
      }),
    ),
};
