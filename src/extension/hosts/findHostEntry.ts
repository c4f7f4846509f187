/**
 * Where in the text of a settings file (JSON with comments) the entry of a host begins: the offset of its key, or
 * of `vmDeck.hosts` where that has none of the name. Undefined if neither is there. Text that is half-written is
 * read as far as it goes.
 */
export function findHostEntry(text: string, name: string): number | undefined {
  /** The key under which each enclosing brace or bracket stands. */
  const path: (string | undefined)[] = [];
  let key: { readonly text: string; readonly at: number } | undefined;
  let setting: number | undefined;
  for (const token of tokens(text)) {
    switch (token.text.charAt(0)) {
      case '{':
      case '[':
        path.push(key?.text);
        key = undefined;
        break;
      case '}':
      case ']':
        path.pop();
        key = undefined;
        break;
      case ',':
        key = undefined;
        break;
      case '"':
        key = { text: unquote(token.text), at: token.at };
        break;
      case ':':
        if (key?.text === hosts) {
          setting ??= key.at;
        } else if (key?.text === name && path.at(-1) === hosts) {
          return key.at;
        }
        break;
    }
  }
  return setting;
}

const hosts = 'vmDeck.hosts';

/** Strings and punctuation; comments, white space, numbers and words are passed over. */
function* tokens(text: string): Generator<{ readonly text: string; readonly at: number }> {
  for (const match of text.matchAll(
    /"(?:[^"\\\n]|\\.)*"?|[{}[\]:,]|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
  )) {
    if (!match[0].startsWith('/')) {
      yield { text: match[0], at: match.index };
    }
  }
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1); // not closed yet, or escaped in a way of its own
  }
}
