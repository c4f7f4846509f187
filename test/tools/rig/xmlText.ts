const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
};

/** Makes a text safe to stand in XML, between tags or in an attribute. */
export function xmlText(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => entities[character] ?? character);
}
