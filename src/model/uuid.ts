const hexDigits = 32;

const dash = '-'.charCodeAt(0);
const digits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** Places of dashes stay what they are; every other is written anew each time. */
const codes = Array<number>(36).fill(dash);

/**
 * The usual text form of a raw UUID: lower case, with dashes. Made in one piece, since a text put together of
 * parts is slow to look up by, and this is done for every VM of a host several times per reading.
 */
export function formatUuid(bytes: Uint8Array): string {
  let at = 0;
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) {
      at++;
    }
    const byte = bytes[index] ?? 0;
    codes[at++] = digits[byte >> 4] ?? 0;
    codes[at++] = digits[byte & 15] ?? 0;
  }
  return String.fromCharCode(...codes);
}

/** @throws RangeError if the text is not a UUID. */
export function parseUuid(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  if (hex.length !== hexDigits || !/^[0-9a-f]+$/i.test(hex)) {
    throw new RangeError(`"${text}" is not a UUID.`);
  }
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
