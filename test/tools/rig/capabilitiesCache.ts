import * as fs from 'node:fs';
import * as path from 'node:path';

import { cacheFolder } from './cacheFolder.ts';

/**
 * What libvirtd found out about QEMU, which takes it seconds, is kept from one rig host to the next. libvirtd itself
 * checks that it still holds (QEMU's and its own age, kernel, processor) and probes anew if not.
 */
const kept = path.join(cacheFolder, 'capabilities');

const inHost = path.join('qemu', 'capabilities');

function read(folder: string): Map<string, Buffer> {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return new Map(names.map((name) => [name, fs.readFileSync(path.join(folder, name))]));
}

/** Gives a new host's cache folder what earlier hosts learnt. */
export function seedCapabilities(hostCache: string): void {
  const files = read(kept);
  if (files.size > 0) {
    fs.mkdirSync(path.join(hostCache, inHost), { recursive: true });
  }
  for (const [name, content] of files) {
    fs.writeFileSync(path.join(hostCache, inHost, name), content, { mode: 0o600 });
  }
}

/** Keeps what a host learnt that is new. */
export function keepCapabilities(hostCache: string): void {
  const known = read(kept);
  for (const [name, content] of read(path.join(hostCache, inHost))) {
    if (known.get(name)?.equals(content) === true) {
      continue;
    }
    fs.mkdirSync(kept, { recursive: true });
    // Another test process may be reading: it sees the old file or the new one.
    const temporary = path.join(cacheFolder, `${name}.${process.pid}`);
    fs.writeFileSync(temporary, content);
    fs.renameSync(temporary, path.join(kept, name));
  }
}
