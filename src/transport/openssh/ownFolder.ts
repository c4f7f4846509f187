import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';

const prefix = 'vm-deck-ssh-';
/** Process numbers of containers are not ours: who shares the folder with us may be alive all the same. */
const leftAfterMs = 24 * 60 * 60_000;

/**
 * A folder that only we may look into, for the sockets of a connection. Those that a process left behind when it crashed
 * are removed on the way, after a day.
 * @param parent where folders are temporary
 */
export async function makeOwnFolder(parent: string, clock: Pick<Clock, 'now'>): Promise<string> {
  void sweep(parent, clock.now());
  return mkdtemp(join(parent, `${prefix}${process.pid}-`));
}

/** What cannot be looked at or removed is not ours. */
async function sweep(parent: string, now: number): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const [, pid] = /^vm-deck-ssh-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) {
      const folder = join(parent, name);
      const found = await stat(folder).catch(() => undefined);
      if (found && found.uid === process.getuid?.() && now - found.mtimeMs > leftAfterMs) {
        await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There is one, of somebody else
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
