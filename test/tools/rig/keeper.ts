import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

const script = path.join(import.meta.dirname, 'keeper.sh');

type KeeperProcess = ChildProcessByStdio<Writable, Readable, Readable>;

function readProcess(pid: number, file: 'cmdline' | 'status'): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Holds a rig host's namespaces open; all that runs in them ends with it. */
export class Keeper {
  /** Its process id as seen from here; inside it is 1. */
  readonly pid: number;
  readonly #child: KeeperProcess;
  readonly #namespace: string;

  private constructor(child: KeeperProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.#namespace = fs.readlinkSync(`/proc/${pid}/ns/pid`);
  }

  /** Makes the namespaces and, inside them, the host's view of the machine. */
  static async start(folder: string, hostname: string): Promise<Keeper> {
    const child = spawn(
      'unshare',
      [
        ...['--mount', '--uts', '--net', '--pid', '--fork', '--kill-child'],
        ...['sh', script, folder, hostname],
      ],
      // Its own session: Ctrl-C in a terminal is for the test process, which then ends us in order.
      { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    );
    child.stdin.on('error', () => undefined);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => {
        reject(new Error(`the rig host's namespaces could not be made: ${stderr.trim()}`));
      });
      child.stdout.once('data', (chunk: Buffer) => {
        resolve(Number(chunk.toString()));
      });
    });
    // A forgotten host must not keep the test process alive: its end ends the host.
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      (stream as unknown as { unref(): void }).unref();
    }
    return new Keeper(child, pid);
  }

  /** The command that runs `argv` inside the namespaces. */
  inside(argv: readonly string[]): string[] {
    return [
      ...['nsenter', '--target', String(this.pid)],
      ...['--mount', '--uts', '--net', '--pid', '--', ...argv],
    ];
  }

  /** The processes inside, by the ids they have out here. */
  processes(): number[] {
    return fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => {
        try {
          return fs.readlinkSync(`/proc/${name}/ns/pid`) === this.#namespace;
        } catch {
          // It ended while we looked.
          return false;
        }
      })
      .map(Number);
  }

  /** Finds the process that has this id inside, and returns the id it has out here. */
  outerPid(innerPid: number): number | undefined {
    return this.processes().find((pid) => {
      const ids = /^NSpid:\s*(.*)$/m.exec(readProcess(pid, 'status'))?.[1];
      return ids?.split(/\s+/).at(-1) === String(innerPid);
    });
  }

  /** Finds the process inside whose command line satisfies `test`. */
  findProcess(test: (argv: readonly string[]) => boolean): number | undefined {
    return this.processes().find((pid) => test(readProcess(pid, 'cmdline').split('\0')));
  }

  /** Ends everything in the namespaces and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return;
    }
    const closed = once(this.#child, 'exit');
    this.#child.ref();
    this.#child.stdin.end();
    const late = new AbortController();
    const killed = delay(5000, undefined, { signal: late.signal }).then(
      () => {
        this.kill();
      },
      () => undefined,
    );
    await closed;
    late.abort();
    await killed;
  }

  /** The same at once and without waiting, for when the test process itself is ending. */
  kill(): void {
    this.#child.stdin.destroy();
    try {
      process.kill(this.pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
}
