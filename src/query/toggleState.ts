import { parseQuery } from './parseQuery.ts';

/** The states that a query asks for; undefined if it asks for none, or for none in so many words. */
function stateTerm(text: string) {
  return parseQuery(text).terms.find(
    ({ condition, isNegated }) =>
      !isNegated && condition.kind === 'choice' && condition.field === 'state',
  );
}

/** Which states a query asks for, as its fields' table has them; none if it lets all through. */
export function statesOf(text: string): ReadonlySet<string> {
  const condition = stateTerm(text)?.condition;
  return new Set(condition?.kind === 'choice' ? condition.values : []);
}

/**
 * Adds a state to those a query asks for, or takes it away, and leaves the rest of the text as it is.
 * @param words how each state is written, by what it stands for
 */
export function toggleState(
  text: string,
  state: string,
  words: Readonly<Record<string, string>>,
): string {
  const term = stateTerm(text);
  const states = new Set(statesOf(text));
  if (!states.delete(state)) {
    states.add(state);
  }
  const written = [...states].map((each) => words[each] ?? each).join(',');
  const replacement = written === '' ? '' : `state:${written}`;
  const [before, after] = term ? [text.slice(0, term.start), text.slice(term.end)] : [text, ''];
  return [before.trim(), replacement, after.trim()].filter((part) => part !== '').join(' ');
}
