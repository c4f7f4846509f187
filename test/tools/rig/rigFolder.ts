import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const prefix = 'vmd-';
const ownerFile = 'owner';

/** The longest path a unix socket may have is 107 bytes; the longest of ours below the folder takes this much. */
const longestSocketName = '/run/libvirt-sock-ro'.length;

/** When the process started, in clock ticks: tells a process from a later one that got the same id. */
function startTime(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold spaces and brackets: count from behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isOwned(folder: string): boolean {
  try {
    const [pid, start] = fs.readFileSync(path.join(folder, ownerFile), 'utf8').split(' ');
    return start !== undefined && startTime(Number(pid)) === start;
  } catch {
    // Just made and not yet marked, or not ours at all.
    return true;
  }
}

/** Removes the folders of test processes that were killed before they could do it. */
export function sweepRigFolders(): void {
  for (const name of fs.readdirSync(os.tmpdir())) {
    const folder = path.join(os.tmpdir(), name);
    if (name.startsWith(prefix) && !isOwned(folder)) {
      removeRigFolder(folder);
    }
  }
}

/** Makes a rig host's folder, with a path short enough for the sockets in it. */
export function createRigFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
  fs.writeFileSync(path.join(folder, ownerFile), `${process.pid} ${startTime(process.pid) ?? ''}`);
  if (Buffer.byteLength(folder) + longestSocketName > 107) {
    removeRigFolder(folder);
    throw new Error(
      `${os.tmpdir()} is too long a path for unix sockets: set TMPDIR to a short one`,
    );
  }
  // Others may pass through: a test connects to the sockets as another user.
  fs.chmodSync(folder, 0o711);
  for (const name of ['accounts', 'cache', 'disks', 'etc', 'lib', 'log', 'pools', 'run']) {
    fs.mkdirSync(path.join(folder, name), { mode: 0o755 });
  }
  return folder;
}

/** Removes a rig host's folder. Nothing may run in it any more. */
export function removeRigFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
