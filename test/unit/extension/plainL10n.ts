import type { L10n } from '../../../src/extension/l10n.ts';

/** English, as `vscode.l10n` gives it where there is no translation. */
export const plainL10n: L10n = {
  t: (message, ...args) =>
    message.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)])),
};
