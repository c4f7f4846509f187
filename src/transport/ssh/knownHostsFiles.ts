import { appendFile, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { TransportError } from '../../libvirt/errors.ts';
import { knownHostsLine, parseKnownHosts, type KnownHostsEntry } from './knownHosts.ts';

/**
 * All entries of the files, in their order. Files that do not exist have none.
 * @throws TransportError of kind `sshConfig` for a file that is there and cannot be read: it may say that a key
 * was revoked.
 */
export async function readKnownHosts(
  files: readonly string[],
): Promise<readonly KnownHostsEntry[]> {
  const all = await Promise.all(
    files.map(async (file) => {
      try {
        return parseKnownHosts(await readFile(file, 'utf8'), file);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
          return [];
        }
        throw new TransportError(
          'sshConfig',
          `The known host keys in ${file} cannot be read: ${messageOf(error)}. Mend that before connecting.`,
          { cause: error },
        );
      }
    }),
  );
  return all.flat();
}

/**
 * Makes a host's key known.
 * @throws TransportError of kind `sshConfig` if the file cannot be written.
 */
export async function addKnownHost(
  file: string,
  name: string,
  key: Buffer,
  options: { readonly hashed: boolean },
): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const line = knownHostsLine(name, key, options);
    await appendFile(file, (await endsInLine(file)) ? line : `\n${line}`, { mode: 0o600 });
  } catch (error) {
    throw new TransportError(
      'sshConfig',
      `The host key cannot be added to ${file}: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

/** Whether a line can be added as it is: somebody's editor may have left the last one open. */
async function endsInLine(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      return size === 0 || buffer[0] === 0x0a;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return true;
    }
    throw error;
  }
}
