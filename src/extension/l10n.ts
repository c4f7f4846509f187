/**
 * Translates a text with `{0}`, `{1}`, … in it. What `vscode.l10n` is; passed in where the editor must not be
 * imported.
 */
export interface L10n {
  t(message: string, ...args: (string | number | boolean)[]): string;
}
