import { fieldSpec, findField, queryFields, type FieldName } from './fields.ts';
import type { Span } from './query.ts';

/** Something that may be meant at the caret. */
interface QueryCompletion {
  /** What is put in the place. */
  readonly text: string;
  /** What it is, in a sentence's part to be translated; empty where the text says it. */
  readonly detail: string;
}

/** What can stand at the caret, and what it would replace. */
export interface QueryCompletions extends Span {
  readonly items: readonly QueryCompletion[];
}

/** Values that VMs have, for the fields that are texts. */
export type KnownValues = (field: 'name' | 'host' | 'ip') => Iterable<string>;

const maxItems = 20;

/**
 * What may be meant by what stands before the caret: fields, or the values of the field that was written.
 * @param caret in UTF-16 units
 */
export function completeQuery(text: string, caret: number, known: KnownValues): QueryCompletions {
  const before = /(?:"(?:\\.|[^"\\])*"?|[^\s"])*$/.exec(text.slice(0, caret))?.[0] ?? '';
  const word = before.replace(/^-/, '');
  const start = caret - word.length;
  const [, written, sign = ''] = /^([a-z][a-z-]*)(:|[<>]=?|=)/i.exec(word) ?? [];
  if (written === undefined) {
    return { start, end: caret, items: fieldsFor(word) };
  }
  const name = findField(written);
  const typed = word.slice(written.length + sign.length);
  const value = typed.slice(typed.lastIndexOf(',') + 1).replace(/^"/, '');
  const valueStart = caret - (typed.length - (typed.lastIndexOf(',') + 1));
  return { start: valueStart, end: caret, items: name ? valuesFor(name, value, known) : [] };
}

function fieldsFor(word: string): readonly QueryCompletion[] {
  const lower = word.toLowerCase();
  return (Object.keys(queryFields) as FieldName[]).flatMap((name) => {
    const spec = fieldSpec(name);
    return spec.kind === 'missing' || !name.startsWith(lower)
      ? []
      : [{ text: spec.kind === 'number' ? `${name}>` : `${name}:`, detail: spec.detail }];
  });
}

function valuesFor(name: FieldName, typed: string, known: KnownValues): readonly QueryCompletion[] {
  const spec = fieldSpec(name);
  const lower = typed.toLowerCase();
  switch (spec.kind) {
    case 'choice':
      return Object.keys(spec.words)
        .filter((word) => word.startsWith(lower))
        .map((text) => ({ text, detail: '' }));
    case 'text': {
      const values = new Set<string>();
      for (const value of known(name as 'name' | 'host' | 'ip')) {
        if (values.size === maxItems) {
          break;
        }
        if (value.toLowerCase().includes(lower)) {
          values.add(value);
        }
      }
      return [...values].map((value) => ({ text: quote(value), detail: '' }));
    }
    case 'number':
    case 'missing':
      return [];
  }
}

/** As it must be written to mean itself. */
function quote(value: string): string {
  return /^[^\s,"*\\]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
