import type { QueryFigure } from './fields.ts';

/** Where something stands in a query's text: from `start` to before `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is wrong at one place of a query. */
export interface QueryProblem extends Span {
  /** A sentence with `{0}`, `{1}`, … in it, to be translated by whoever shows it. */
  readonly message: string;
  readonly args: readonly string[];
}

/** A text to be found in another. */
export interface TextPattern {
  readonly text: string;
  /** It was quoted: all of the other text must be the same, upper and lower case aside, and `*` means itself. */
  readonly isExact: boolean;
}

export type TextField = 'name' | 'host' | 'ip';
export type ChoiceField = 'state' | 'autostart';
export type Comparison = '>' | '>=' | '<' | '<=' | '=';

/** One condition of a query, met if any of its values is. */
export type Condition =
  | { readonly kind: 'text'; readonly field: TextField; readonly patterns: readonly TextPattern[] }
  | { readonly kind: 'choice'; readonly field: ChoiceField; readonly values: readonly string[] }
  | {
      readonly kind: 'number';
      readonly figure: QueryFigure;
      readonly comparison: Comparison;
      /** Percent, bytes or a count. */
      readonly value: number;
    };

/** A condition as it stands in the text. */
export interface Term extends Span {
  readonly condition: Condition;
  /** A minus stands before it: it must not be met. */
  readonly isNegated: boolean;
}

/** A query taken apart. All its terms must hold; what could not be understood is among the problems instead. */
export interface Query {
  readonly terms: readonly Term[];
  readonly problems: readonly QueryProblem[];
}
