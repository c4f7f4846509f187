/** Text as Markdown shows it literally, whatever is in it; in one line. */
export function literal(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** A link that runs a command; its text and arguments may be anything. */
export function commandLink(text: string, command: string, ...args: readonly unknown[]): string {
  const query = encodeURIComponent(JSON.stringify(args)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${literal(text)}](command:${command}?${query})`;
}

/** Lines below each other in one paragraph; what is undefined is left out. */
export function lines(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== '').join('  \n');
}
