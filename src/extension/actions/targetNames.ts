import type { L10n } from '../l10n.ts';

/** Names beyond that many are only counted: a modal must fit on a screen. */
const namedAtMost = 10;

/** `web-01, web-02`: the first ten names, then how many more. */
export function joinNames(names: readonly string[], l10n: L10n): string {
  const { named, more } = cut(names);
  return more === 0 ? named.join(', ') : l10n.t('{0} and {1} more', named.join(', '), more);
}

/** The same, a line for each. */
export function listNames(names: readonly string[], l10n: L10n): string {
  const { named, more } = cut(names);
  return [
    ...named.map((name) => `• ${name}`),
    ...(more > 0 ? [l10n.t('and {0} more', more)] : []),
  ].join('\n');
}

function cut(names: readonly string[]): { readonly named: readonly string[]; more: number } {
  const named = names.slice(0, namedAtMost);
  return { named, more: names.length - named.length };
}
