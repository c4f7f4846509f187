/** A constant of a C header as written: an expression, or one more than the enum member before it. */
type Written = { readonly expression: string } | { readonly after: string | null };

/**
 * Reads the constants of C headers: `#define NAME expression` and enum members. A macro whose value is not an
 * integer expression (text, a call, a cast) is left out, and so is an enum member counted on from such a one.
 */
export function readHeaderConstants(texts: readonly string[]): Map<string, number> {
  const written = new Map<string, Written>();
  for (const text of texts) {
    const bare = text
      .replaceAll(/\/\*[^]*?\*\//g, ' ')
      .replaceAll(/\/\/[^\n]*/g, '')
      .replaceAll(/\\\n/g, ' ');
    for (const [, name = '', expression = ''] of bare.matchAll(
      /^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S.*)$/gm,
    )) {
      written.set(name, { expression });
    }
    const withoutDirectives = bare.replaceAll(/^[ \t]*#.*$/gm, '');
    for (const [, body = ''] of withoutDirectives.matchAll(/\benum\b\s*\w*\s*\{([^}]*)\}/g)) {
      readMembers(body, written);
    }
  }
  return evaluate(written);
}

function readMembers(body: string, written: Map<string, Written>): void {
  let after: string | null = null;
  for (const member of body.split(',')) {
    const [, name, expression] = /^\s*(\w+)\s*(?:=([^]*))?$/.exec(member) ?? [];
    if (name === undefined) {
      continue;
    }
    written.set(name, expression === undefined ? { after } : { expression });
    after = name;
  }
}

function evaluate(written: ReadonlyMap<string, Written>): Map<string, number> {
  const known = new Map<string, bigint | null>();
  function valueOf(name: string): bigint | null {
    const found = known.get(name);
    if (found !== undefined) {
      return found;
    }
    // Also what a definition by way of itself sees: it then has no value instead of no end.
    known.set(name, null);
    const how = written.get(name);
    if (how === undefined) {
      return null;
    }
    const value = 'expression' in how ? calculate(how.expression, valueOf) : next(how.after);
    known.set(name, value);
    return value;
  }
  function next(after: string | null): bigint | null {
    const before = after === null ? -1n : valueOf(after);
    return before === null ? null : before + 1n;
  }
  const constants = new Map<string, number>();
  for (const name of written.keys()) {
    const value = valueOf(name);
    if (value !== null) {
      constants.set(name, Number(value));
    }
  }
  return constants;
}

const operators: readonly (readonly [string, (a: bigint, b: bigint) => bigint])[] = [
  ['|', (a, b) => a | b],
  ['<<', (a, b) => a << b],
  ['>>', (a, b) => a >> b],
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
];

/** The operators that libvirt's headers use, weakest first; null for anything else. */
function calculate(text: string, valueOf: (name: string) => bigint | null): bigint | null {
  const tokens = text.match(/0x[0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|\w+|<<|>>|\S/g) ?? [];
  let position = 0;
  function binary(level: number): bigint | null {
    const operator = operators[level];
    if (operator === undefined) {
      return unary();
    }
    let left = binary(level + 1);
    while (tokens[position] === operator[0]) {
      position += 1;
      const right = binary(level + 1);
      left = left === null || right === null ? null : operator[1](left, right);
    }
    return left;
  }
  function unary(): bigint | null {
    const token = tokens[position++] ?? '';
    if (token === '(') {
      const inner = binary(0);
      return tokens[position++] === ')' ? inner : null;
    }
    if (token === '-') {
      const value = unary();
      return value === null ? null : -value;
    }
    return /^\d/.test(token) ? BigInt(token.replace(/[uUlL]+$/, '')) : valueOf(token);
  }
  const value = binary(0);
  return position === tokens.length ? value : null;
}
