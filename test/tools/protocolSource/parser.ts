import { tokenize, type Token } from './lexer.ts';

/** A number, or the name of a constant that stands for one. */
export type Value = number | string;

/** The types that the wire knows by itself, in the spelling of a canonical layout. */
type Scalar =
  | 'int'
  | 'uint'
  | 'hyper'
  | 'uhyper'
  | 'char'
  | 'uchar'
  | 'short'
  | 'ushort'
  | 'float'
  | 'double'
  | 'bool';

export type TypeName =
  | { readonly kind: 'scalar'; readonly name: Scalar }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'string' | 'opaque' };

/** How often the type occurs; a variable size of null is an array without a limit (`<>`). */
type Shape =
  | { readonly kind: 'single' | 'optional' }
  | { readonly kind: 'fixed'; readonly size: Value }
  | { readonly kind: 'variable'; readonly size: Value | null };

export interface Declaration {
  readonly name: string;
  readonly type: TypeName;
  readonly shape: Shape;
  /** File and line, for messages. */
  readonly where: string;
}

export interface EnumMember {
  readonly name: string;
  /** Null where the file leaves it to counting on. */
  readonly value: Value | null;
  readonly doc: string | null;
}

interface UnionArm {
  /** The cases it is for; null is the default. */
  readonly labels: readonly (Value | null)[];
  /** Null for `void`. */
  readonly declaration: Declaration | null;
}

/** One top-level statement of a `.x` file. */
export type Definition = { readonly name: string; readonly where: string } & (
  | { readonly kind: 'const'; readonly value: Value }
  | { readonly kind: 'enum'; readonly members: readonly EnumMember[] }
  | { readonly kind: 'struct'; readonly fields: readonly Declaration[] }
  | { readonly kind: 'typedef'; readonly declaration: Declaration }
  | {
      readonly kind: 'union';
      readonly discriminant: Declaration;
      readonly arms: readonly UnionArm[];
    }
);

/** Reads the subset of rpcgen's language that libvirt uses; anything else is an error with file and line. */
export function parseProtocol(text: string, file: string): Definition[] {
  return new Parser(tokenize(text, file), file).definitions();
}

const signed = new Set<string>(['int', 'hyper', 'char', 'short']);
const unsignedNames = new Map<string, Scalar>([
  ['int', 'uint'],
  ['hyper', 'uhyper'],
  ['char', 'uchar'],
  ['short', 'ushort'],
]);
const scalars = new Set<string>([...signed, 'float', 'double', 'bool']);

class Parser {
  readonly #tokens: readonly Token[];
  readonly #file: string;
  #next = 0;

  constructor(tokens: readonly Token[], file: string) {
    this.#tokens = tokens;
    this.#file = file;
  }

  definitions(): Definition[] {
    const found: Definition[] = [];
    while (this.#peek().kind !== 'end') {
      found.push(this.#definition());
      this.#expect(';');
    }
    return found;
  }

  #definition(): Definition {
    const where = this.#where();
    const keyword = this.#name('const, enum, struct, union or typedef');
    if (keyword === 'typedef') {
      const declaration = this.#declaration();
      return { kind: 'typedef', name: declaration.name, where, declaration };
    }
    if (!['const', 'enum', 'struct', 'union'].includes(keyword)) {
      throw new Error(`${where}: expected a definition, found '${keyword}'`);
    }
    const name = this.#name('a name');
    switch (keyword) {
      case 'const':
        this.#expect('=');
        return { kind: 'const', name, where, value: this.#value() };
      case 'enum':
        return { kind: 'enum', name, where, members: this.#members() };
      case 'struct':
        return { kind: 'struct', name, where, fields: this.#fields() };
      default:
        return { kind: 'union', name, where, ...this.#unionBody() };
    }
  }

  #members(): EnumMember[] {
    const members: EnumMember[] = [];
    this.#expect('{');
    while (!this.#accept('}')) {
      if (members.length > 0) {
        this.#expect(',');
        if (this.#accept('}')) {
          break;
        }
      }
      const { doc } = this.#peek();
      const name = this.#name('a member');
      members.push({ name, value: this.#accept('=') ? this.#value() : null, doc });
    }
    return members;
  }

  #fields(): Declaration[] {
    const fields: Declaration[] = [];
    this.#expect('{');
    while (!this.#accept('}')) {
      fields.push(this.#declaration());
      this.#expect(';');
    }
    return fields;
  }

  #unionBody() {
    this.#expect('switch');
    this.#expect('(');
    const discriminant = this.#declaration();
    this.#expect(')');
    this.#expect('{');
    const arms: UnionArm[] = [];
    while (!this.#accept('}')) {
      const labels = this.#labels();
      const declaration = this.#accept('void') ? null : this.#declaration();
      this.#expect(';');
      arms.push({ labels, declaration });
    }
    return { discriminant, arms };
  }

  #labels(): (Value | null)[] {
    const labels: (Value | null)[] = [];
    for (;;) {
      if (this.#accept('case')) {
        labels.push(this.#value());
      } else if (this.#accept('default')) {
        labels.push(null);
      } else if (labels.length > 0) {
        return labels;
      } else {
        throw this.#unexpected('case or default');
      }
      this.#expect(':');
    }
  }

  #declaration(): Declaration {
    const where = this.#where();
    const type = this.#type();
    const optional = this.#accept('*');
    const name = this.#name('a name');
    const shape = this.#shape();
    if (optional && shape.kind !== 'single') {
      throw new Error(`${where}: '${name}' is both a pointer and an array`);
    }
    return { name, type, shape: optional ? { kind: 'optional' } : shape, where };
  }

  #shape(): Shape {
    if (this.#accept('[')) {
      const size = this.#value();
      this.#expect(']');
      return { kind: 'fixed', size };
    }
    if (this.#accept('<')) {
      if (this.#accept('>')) {
        return { kind: 'variable', size: null };
      }
      const size = this.#value();
      this.#expect('>');
      return { kind: 'variable', size };
    }
    return { kind: 'single' };
  }

  #type(): TypeName {
    const word = this.#name('a type');
    if (word === 'unsigned') {
      const unsigned = unsignedNames.get(this.#peek().text);
      if (unsigned !== undefined) {
        this.#next += 1;
      }
      return { kind: 'scalar', name: unsigned ?? 'uint' };
    }
    if (word === 'string' || word === 'opaque') {
      return { kind: word };
    }
    if (word === 'struct' || word === 'enum') {
      return { kind: 'named', name: this.#name('a type') };
    }
    return scalars.has(word)
      ? { kind: 'scalar', name: word as Scalar }
      : { kind: 'named', name: word };
  }

  #value(): Value {
    const token = this.#peek();
    if (token.kind !== 'number' && token.kind !== 'name') {
      throw this.#unexpected('a number or a constant');
    }
    this.#next += 1;
    if (token.kind === 'name') {
      return token.text;
    }
    return token.text.startsWith('-') ? -Number(token.text.slice(1)) : Number(token.text);
  }

  #name(what: string): string {
    const token = this.#peek();
    if (token.kind !== 'name') {
      throw this.#unexpected(what);
    }
    this.#next += 1;
    return token.text;
  }

  #accept(text: string): boolean {
    const found = this.#peek().text === text;
    if (found) {
      this.#next += 1;
    }
    return found;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) {
      throw this.#unexpected(`'${text}'`);
    }
  }

  #peek(): Token {
    // The end token is never consumed: neither #name, #value nor #accept takes it.
    return this.#tokens[this.#next]!;
  }

  #where(): string {
    return `${this.#file}:${this.#peek().line}`;
  }

  #unexpected(expected: string): Error {
    const { kind, text } = this.#peek();
    return new Error(
      `${this.#where()}: expected ${expected}, found ${kind === 'end' ? 'the end of the file' : `'${text}'`}`,
    );
  }
}
