/** Translates a text with `{0}`, `{1}`, … in it, as the editor's `l10n.t` does. */
export type Translate = (message: string, ...args: readonly (string | number)[]) => string;

/** @param strings translations by the text they translate */
export function translateWith(strings: Readonly<Record<string, string>>): Translate {
  return (message, ...args) =>
    (strings[message] ?? message).replaceAll(/\{(\d+)\}/g, (whole, index: string) =>
      String(args[Number(index)] ?? whole),
    );
}
