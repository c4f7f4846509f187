/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Its size when unpacked. */
  readonly bytes: number;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;

/** Lists what is in a zip archive, by its central directory. Throws if it is none. */
export function zipEntries(archive: Buffer): readonly ZipEntry[] {
  // The end record is last but for a comment, of which vsce writes none.
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== endSignature) {
    end--;
  }
  if (end < 0) {
    throw new Error('This is not a zip archive.');
  }
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (archive.readUInt32LE(at) !== entrySignature) {
      throw new Error(`The archive's list of files is broken at byte ${at}.`);
    }
    const nameLength = archive.readUInt16LE(at + 28);
    const extraLength = archive.readUInt16LE(at + 30);
    const commentLength = archive.readUInt16LE(at + 32);
    entries.push({
      name: archive.toString('utf8', at + 46, at + 46 + nameLength),
      bytes: archive.readUInt32LE(at + 24),
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}
