import type { L10n } from '../l10n.ts';
import { joinNames } from './targetNames.ts';
import type { ActionWords } from './vmActionTable.ts';

/** A VM to which something was not done, and why. */
export interface NotDone {
  readonly name: string;
  /** A sentence. */
  readonly reason: string;
  /** Set where it may have been done after all. */
  readonly isUncertain?: boolean;
}

/** A notification is cut after a few lines. */
const reasonsAtMost = 3;

/**
 * What was not done, in one text: "web-01 was not started. It is already running." or "2 of 5 VMs were not
 * started: …", with the VMs that have a reason in common together.
 */
export function summarize(
  notDone: readonly NotDone[],
  total: number,
  words: ActionWords,
  l10n: L10n,
): string {
  const certain = notDone.filter(({ isUncertain }) => !isUncertain);
  const uncertain = notDone.filter(({ isUncertain }) => isUncertain);
  const [only] = certain;
  const parts: string[] = [];
  if (total === 1 && only) {
    parts.push(words.one(only.name), only.reason);
  } else if (certain.length > 0) {
    parts.push(words.many(certain.length, total), ...byReason(certain, l10n));
  }
  if (uncertain.length > 0) {
    parts.push(l10n.t('It is not known what became of this:'), ...byReason(uncertain, l10n));
  }
  return parts.join(' ');
}

function byReason(notDone: readonly NotDone[], l10n: L10n): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { name, reason } of notDone) {
    names.set(reason, [...(names.get(reason) ?? []), name]);
  }
  const reasons = [...names].map(([reason, having]) =>
    l10n.t('{0}: {1}', joinNames(having, l10n), reason),
  );
  const left = reasons.length - reasonsAtMost;
  return [
    ...reasons.slice(0, reasonsAtMost),
    ...(left > 0 ? [l10n.t('The log has {0} more reasons.', left)] : []),
  ];
}

/** A reason for a row: its beginning, in one line. */
export function shorten(reason: string, atMost = 60): string {
  const line = reason.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line.length <= atMost ? line : `${line.slice(0, atMost - 1).trimEnd()}…`;
}
