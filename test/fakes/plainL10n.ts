import type { L10n } from '../../src/extension/l10n.ts';

/** Puts arguments into texts as `vscode.l10n` does, and translates nothing. */
export const plainL10n: L10n = {
  t: (message, ...args) =>
    message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole)),
};
