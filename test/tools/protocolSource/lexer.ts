/** One token of the protocol language; `doc` is the `/** … *\/` comment right before it. */
export interface Token {
  readonly kind: 'name' | 'number' | 'punctuation' | 'end';
  readonly text: string;
  readonly line: number;
  readonly doc: string | null;
}

const patterns: readonly (readonly [
  Token['kind'] | 'space' | 'passthrough' | 'comment',
  RegExp,
])[] = [
  ['space', /\s+/y],
  // rpcgen copies lines that begin with % into the C file; they mean nothing to the protocol.
  ['passthrough', /^%[^\n]*/my],
  ['comment', /\/\*[^]*?\*\/|\/\/[^\n]*/y],
  ['name', /[A-Za-z_]\w*/y],
  ['number', /-?(?:0x[0-9a-fA-F]+|\d+)/y],
  ['punctuation', /[{}()[\]<>*,;:=]/y],
];

/** Cuts the text of a `.x` file into tokens, ending with one of kind `end`; `file` is for messages. */
export function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let line = 1;
  let doc: string | null = null;
  while (position < text.length) {
    const [kind, matched] = matchAt(text, position, `${file}:${line}`);
    if (kind === 'comment') {
      // Only the nearest comment belongs to what follows, and only if it was written as documentation.
      doc = matched.startsWith('/**') ? matched : null;
    } else if (kind !== 'space' && kind !== 'passthrough') {
      tokens.push({ kind, text: matched, line, doc });
      doc = null;
    }
    line += matched.split('\n').length - 1;
    position += matched.length;
  }
  tokens.push({ kind: 'end', text: '', line, doc: null });
  return tokens;
}

function matchAt(text: string, position: number, where: string) {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = position;
    const matched = pattern.exec(text)?.[0];
    if (matched !== undefined) {
      return [kind, matched] as const;
    }
  }
  throw new Error(
    text.startsWith('/*', position)
      ? `${where}: a comment begins here and never ends`
      : `${where}: unexpected character ${JSON.stringify(text[position])}`,
  );
}
