import { fieldSpec, findField, type Dimension, type FieldName, type FieldSpec } from './fields.ts';
import type {
  ChoiceField,
  Comparison,
  Condition,
  Query,
  QueryProblem,
  Span,
  Term,
  TextField,
  TextPattern,
} from './query.ts';

/** Longer queries are not read to their end: nobody writes them, and somebody may paste one. */
const maxLength = 2_000;

/**
 * Takes a query apart: `state:running host:lab* cpu>80 mem>=90% ip:10.0.* -host:test "exact" words`.
 *
 * Terms are separated by blanks, and all of them must hold; a minus before one turns it round. A term without a field
 * is about the name. Of the values after a colon, separated by commas, one must fit. A text fits where it occurs;
 * with `*`, which stands for anything, or in quotes it must be the whole. Never throws: what cannot be understood is
 * a problem with its place, and the other terms stand.
 */
export function parseQuery(text: string): Query {
  return new Parser(text.slice(0, maxLength)).parse();
}

interface Value extends Span {
  readonly text: string;
  readonly isQuoted: boolean;
}

const comparisons: readonly Comparison[] = ['>=', '<=', '>', '<', '='];

class Parser {
  readonly #text: string;
  readonly #problems: QueryProblem[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Query {
    const terms: Term[] = [];
    while (this.#findTerm()) {
      const start = this.#at;
      const isNegated = this.#take('-');
      const condition = this.#condition(start);
      if (condition) {
        terms.push({ start, end: this.#at, isNegated, condition });
      }
    }
    return { terms, problems: this.#problems };
  }

  /** Reads one term to its end, whatever is in it. */
  #condition(start: number): Condition | undefined {
    if (this.#isAtEndOfTerm()) {
      const minus = { start, end: this.#at };
      return this.#problem(minus, 'A minus needs something after it, without a blank between.');
    }
    const field = /[a-z][a-z-]*(?=[:<>=])/iy;
    field.lastIndex = this.#at;
    const written = field.exec(this.#text)?.[0];
    if (written === undefined) {
      const value = this.#value(false);
      return value && { kind: 'text', field: 'name', patterns: [toPattern(value)] };
    }
    const place = { start: this.#at, end: this.#at + written.length };
    this.#at = place.end;
    const comparison = comparisons.find((sign) => this.#take(sign));
    if (!comparison) {
      this.#take(':');
    }
    const values = this.#values();
    const name = findField(written);
    if (name === undefined) {
      return this.#problem(
        place,
        'There is no field "{0}". Put the whole in quotes if it is part of a name.',
        written,
      );
    }
    const spec = fieldSpec(name);
    if (spec.kind === 'missing') {
      return this.#problem(place, 'Nothing tells "{0}" of a VM yet.', name);
    }
    if (values === undefined) {
      return undefined;
    }
    if (values.length === 0) {
      return this.#problem({ start: place.start, end: this.#at }, '"{0}" needs a value.', name);
    }
    return spec.kind === 'number'
      ? this.#number(spec, name, comparison ?? '=', values)
      : this.#words(spec, name, comparison, values, place);
  }

  #words(
    spec: FieldSpec & { readonly kind: 'text' | 'choice' },
    name: FieldName,
    comparison: Comparison | undefined,
    values: readonly Value[],
    place: Span,
  ): Condition | undefined {
    if (comparison !== undefined && comparison !== '=') {
      return this.#problem(place, '"{0}" is no number: write a colon after it.', name);
    }
    if (spec.kind === 'text') {
      return { kind: 'text', field: name as TextField, patterns: values.map(toPattern) };
    }
    const known: string[] = [];
    for (const value of values) {
      const meaning = Object.entries(spec.words).find(
        ([word]) => word === value.text.toLowerCase(),
      );
      if (!meaning) {
        return this.#problem(
          value,
          '"{0}" is nothing that "{1}" can be: {2}.',
          value.text,
          name,
          Object.keys(spec.words).join(', '),
        );
      }
      known.push(meaning[1]);
    }
    return { kind: 'choice', field: name as ChoiceField, values: known };
  }

  #number(
    spec: FieldSpec & { readonly kind: 'number' },
    name: FieldName,
    comparison: Comparison,
    values: readonly Value[],
  ): Condition | undefined {
    const [value, more] = values;
    if (!value) {
      return undefined;
    }
    if (more) {
      return this.#problem(more, '"{0}" is compared with one number only.', name);
    }
    const number = parseNumber(value.text, spec.plain);
    if (!number) {
      return this.#problem(value, '"{0}" is no number such as {1}.', value.text, exampleOf(spec));
    }
    const figure = spec.figures[number.dimension];
    return figure === undefined
      ? this.#problem(
          value,
          '"{0}" is not measured so: write a number such as {1}.',
          name,
          exampleOf(spec),
        )
      : { kind: 'number', figure, comparison, value: number.value };
  }

  /** Values separated by commas; undefined if one of them has no end. */
  #values(): readonly Value[] | undefined {
    const values: Value[] = [];
    let isBroken = false;
    while (!this.#isAtEndOfTerm()) {
      if (this.#take(',')) {
        continue;
      }
      const value = this.#value(true);
      if (value) {
        values.push(value);
      } else {
        isBroken = true;
      }
    }
    return isBroken ? undefined : values;
  }

  /** A text in quotes, where a backslash makes the next character an ordinary one, or all up to the next blank. */
  #value(endsAtComma: boolean): Value | undefined {
    const start = this.#at;
    if (!this.#take('"')) {
      const plain = endsAtComma ? /[^\s,]*/y : /\S*/y;
      plain.lastIndex = start;
      const text = plain.exec(this.#text)?.[0] ?? '';
      this.#at += text.length;
      return { start, end: this.#at, text, isQuoted: false };
    }
    let text = '';
    while (this.#at < this.#text.length) {
      if (this.#take('"')) {
        return { start, end: this.#at, text, isQuoted: true };
      }
      this.#take('\\');
      text += this.#text[this.#at++] ?? '';
    }
    this.#problem({ start, end: this.#at }, 'The quotes are not closed.');
    return undefined;
  }

  /** Goes to where the next term begins; false if there is none. */
  #findTerm(): boolean {
    while (this.#at < this.#text.length && this.#isAtEndOfTerm()) {
      this.#at++;
    }
    return this.#at < this.#text.length;
  }

  #isAtEndOfTerm(): boolean {
    return this.#at >= this.#text.length || /\s/.test(this.#text[this.#at] ?? '');
  }

  #take(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#at)) {
      return false;
    }
    this.#at += sign.length;
    return true;
  }

  /** Notes what is wrong; there is no condition then. */
  #problem(
    { start, end }: Span,
    message: string,
    ...args: readonly string[]
  ): Condition | undefined {
    this.#problems.push({ start, end, message, args });
    return undefined;
  }
}

function toPattern({ text, isQuoted }: Value): TextPattern {
  return { text, isExact: isQuoted };
}

function exampleOf({ figures }: FieldSpec & { readonly kind: 'number' }): string {
  return (Object.keys(figures) as Dimension[]).map((dimension) => examples[dimension]).join(', ');
}

const examples: Readonly<Record<Dimension, string>> = {
  percent: '80%',
  bytes: '1.5GiB',
  count: '4',
};

const powers = ['', 'k', 'm', 'g', 't'];

/** `80`, `80%`, `1.5GiB`, `1.5G` (the same), `200kB` (thousands), `3MiB/s`. */
function parseNumber(
  text: string,
  plain: Dimension,
): { readonly value: number; readonly dimension: Dimension } | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:(%)|([kmgt]?)(i?)(b?)(?:\/s)?)$/i.exec(text);
  if (!match) {
    return undefined;
  }
  const [, digits = '', percent, prefix = '', binary = '', unit = ''] = match;
  const value = Number(digits);
  if (percent !== undefined) {
    return { value, dimension: 'percent' };
  }
  if (prefix === '' && binary === '' && unit === '') {
    return { value, dimension: plain };
  }
  if (prefix === '' && binary !== '') {
    return undefined;
  }
  // A bare K, M, G is what memory and disks are counted in
  const base = binary === '' && unit !== '' ? 1_000 : 1_024;
  return { value: value * base ** powers.indexOf(prefix.toLowerCase()), dimension: 'bytes' };
}
