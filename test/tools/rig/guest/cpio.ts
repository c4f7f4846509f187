/** A file, folder or link of an archive; its kind is in the mode, as in stat(2). */
export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** A folder. */
export function folderEntry(path: string): CpioEntry {
  return { path, mode: 0o040755, content: Buffer.alloc(0) };
}

/** A regular file. */
export function fileEntry(path: string, content: Buffer, mode: number): CpioEntry {
  return { path, mode: 0o100000 | mode, content };
}

/** A symbolic link. */
export function linkEntry(path: string, target: string): CpioEntry {
  return { path, mode: 0o120777, content: Buffer.from(target) };
}

function pad(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}

function record(entry: CpioEntry, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.path}\0`);
  // magic; ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, entry.mode, 0, 0, 1, 0, entry.content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(
    `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`,
  );
  return [
    ...[header, name, pad(header.length + name.length)],
    ...[entry.content, pad(entry.content.length)],
  ];
}

/** Writes the archive format that the kernel unpacks its initial file system from (cpio `newc`). */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const end: CpioEntry = { path: 'TRAILER!!!', mode: 0, content: Buffer.alloc(0) };
  return Buffer.concat([...entries, end].flatMap((entry, index) => record(entry, index + 1)));
}
