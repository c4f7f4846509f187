/** Quoted parts, escaped signs, plain signs, spaces: what a simple command line is made of. */
const part = /'([^']*)'|"((?:[^"\\$`]|\\.)*)"|\\(.)|([^\s'"\\$`|&;<>(){}*?[\]!#~]+)|([ \t]+)/y;

/**
 * The words of a simple command line, as a shell would take it apart: quotes hold words together, a backslash takes
 * the next sign as it is.
 * @returns undefined for one that only a shell can run: with variables, pipes, patterns and the like
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  const pattern = new RegExp(part);
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) {
      return undefined;
    }
    const [, single, double, escaped, plain, space] = match;
    if (space === undefined) {
      word =
        (word ?? '') + (single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '');
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}
