import type { QueryFigure } from './fields.ts';
import type { Comparison, Condition, Query, TextField, TextPattern } from './query.ts';

/** A VM as queries see it. A figure that is not known is undefined. */
export interface QuerySubject extends Readonly<Record<QueryFigure, number | undefined>> {
  readonly name: string;
  readonly host: string;
  /** As the fields' table has it: `running`, `notAnswering`, … */
  readonly state: string;
  readonly addresses: readonly string[];
  readonly autostart: boolean;
}

type Predicate = (subject: QuerySubject) => boolean;

/**
 * Makes of a query what tells whether a VM meets all its terms. What is not known meets no condition, so it meets
 * each that is turned round.
 */
export function compileQuery({ terms }: Query): Predicate {
  const predicates = terms.map(({ condition, isNegated }): Predicate => {
    const holds = compileCondition(condition);
    return isNegated ? (subject) => !holds(subject) : holds;
  });
  return (subject) => predicates.every((holds) => holds(subject));
}

function compileCondition(condition: Condition): Predicate {
  switch (condition.kind) {
    case 'text': {
      const tests = condition.patterns.map(compilePattern);
      const textsOf = texts[condition.field];
      return (subject) => textsOf(subject).some((text) => tests.some((fits) => fits(text)));
    }
    case 'choice': {
      const wanted = new Set(condition.values);
      return condition.field === 'state'
        ? ({ state }) => wanted.has(state)
        : ({ autostart }) => wanted.has(autostart ? 'yes' : 'no');
    }
    case 'number': {
      const { figure, value } = condition;
      const compare = comparisons[condition.comparison];
      return (subject) => {
        const known = subject[figure];
        return known !== undefined && compare(known, value);
      };
    }
  }
}

const texts: Readonly<Record<TextField, (subject: QuerySubject) => readonly string[]>> = {
  name: ({ name }) => [name],
  host: ({ host }) => [host],
  ip: ({ addresses }) => addresses,
};

const comparisons: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  // Figures are shown without decimals, and what shows the same is the same
  '=': (a, b) => Math.round(a) === Math.round(b),
};

function compilePattern({ text, isExact }: TextPattern): (text: string) => boolean {
  const wanted = text.toLowerCase();
  if (isExact) {
    return (candidate) => candidate.toLowerCase() === wanted;
  }
  if (!wanted.includes('*')) {
    return (candidate) => candidate.toLowerCase().includes(wanted);
  }
  const parts = wanted.split('*');
  return (candidate) => fitsParts(candidate.toLowerCase(), parts);
}

/** Whether the parts follow each other in a text that begins with the first and ends with the last. */
function fitsParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) {
    return false;
  }
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) {
      return false;
    }
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
