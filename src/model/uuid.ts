const hexDigits = 32;

/** The usual text form of a raw UUID: lower case, with dashes. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** @throws RangeError if the text is not a UUID. */
export function parseUuid(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  if (hex.length !== hexDigits || !/^[0-9a-f]+$/i.test(hex)) {
    throw new RangeError(`"${text}" is not a UUID.`);
  }
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
