import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The clock ticks in which Linux tells processor time; 100 a second on every system we know. */
const ticksPerSecond = 100;

/** What a process has used, and takes now. */
interface ProcessUse {
  readonly cpuSeconds: number;
  /** Memory that is its own, shared pages counted by their part. */
  readonly memoryBytes: number;
}

/** The process id of the extension host among all that this process started. @throws Error if there is none, or several */
function findExtensionHost(): number {
  const found = processIds().filter(
    (pid) => read(pid, 'cmdline').includes('--type=extensionHost') && isOurs(pid),
  );
  const [pid] = found;
  if (pid === undefined || found.length > 1) {
    throw new Error(`${found.length} extension hosts run here`);
  }
  return pid;
}

function processUse(pid: number): ProcessUse {
  // The name in brackets may hold anything
  const fields = read(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
  const pss = /^Pss: +(\d+) kB/m.exec(read(pid, 'smaps_rollup'))?.[1];
  return {
    cpuSeconds: (user + system) / ticksPerSecond,
    memoryBytes: Number(pss ?? Number.NaN) * 1_024,
  };
}

function processIds(): readonly number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isOurs(pid: number): boolean {
  for (let at = pid; at > 1;) {
    if (at === process.pid) {
      return true;
    }
    const parent = /^PPid:\s+(\d+)/m.exec(read(at, 'status'))?.[1];
    at = Number(parent ?? 0);
  }
  return false;
}

/** Empty of a process that has gone. */
function read(pid: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

const watchedMs = 20_000;
const looks = 5;

/** What the extension host used and took over 20 s. */
export interface Watched {
  /** Of one core. */
  readonly cpuPercent: number;
  /** The least of several looks. */
  readonly memoryMiB: number;
}

export async function watchExtensionHost(): Promise<Watched> {
  const pid = findExtensionHost();
  const before = processUse(pid);
  const startedAt = performance.now();
  let memoryBytes = Number.POSITIVE_INFINITY;
  for (let look = 0; look < looks; look++) {
    await delay(watchedMs / looks);
    memoryBytes = Math.min(memoryBytes, processUse(pid).memoryBytes);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuSeconds = processUse(pid).cpuSeconds - before.cpuSeconds;
  return { cpuPercent: (cpuSeconds / seconds) * 100, memoryMiB: memoryBytes / 1_048_576 };
}
