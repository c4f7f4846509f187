const slots = 4_096;
const longestKept = 64;
/** Names that were read; one of another hash takes the place of the one before. */
const kept = new Array<string | undefined>(slots).fill(undefined);

/**
 * Reads UTF-8 text that is probably one read before. A statistics reply repeats some forty names for each of
 * thousands of VMs: taken from here they cost a comparison and no garbage.
 */
export function readName(bytes: Buffer, at: number, length: number): string {
  if (length > longestKept) {
    return bytes.toString('utf8', at, at + length);
  }
  let hash = length;
  for (let index = 0; index < length; index++) {
    hash = (Math.imul(hash, 31) + (bytes[at + index] ?? 0)) | 0;
  }
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const known = kept[slot];
  if (known?.length === length && isSame(known, bytes, at)) {
    return known;
  }
  const name = bytes.toString('utf8', at, at + length);
  kept[slot] = name;
  return name;
}

/** Never true of text beyond ASCII, whose bytes are not its characters: that is read anew each time. */
function isSame(name: string, bytes: Buffer, at: number): boolean {
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) !== bytes[at + index]) {
      return false;
    }
  }
  return true;
}
