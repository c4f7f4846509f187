import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const program = path.join(import.meta.dirname, 'door.mjs');

/** A port on 127.0.0.1 behind which each connection gets a program of its own. */
export class Door {
  readonly port: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #accepted = 0;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Opens it here, or where the words of `enter` lead (a `nsenter` command). It closes when this process ends. */
  static async open(argv: readonly string[], enter: readonly string[] = []): Promise<Door> {
    const [first, ...rest] = [...enter, process.execPath, program, ...argv];
    const child = spawn(first!, rest, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout });
    const port = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(new Error(`the door of an sshd could not be opened: it ended with ${String(code)}`));
      });
      lines.once('line', (line) => {
        resolve(Number(line));
      });
    });
    const door = new Door(child, port);
    lines.on('line', () => door.#accepted++);
    child.unref();
    for (const stream of [child.stdin, child.stdout]) {
      (stream as unknown as { unref(): void }).unref();
    }
    return door;
  }

  /** How many TCP connections came in so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Lets nobody in any more; who is in stays. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.ref();
      this.#child.stdin.end();
      await once(this.#child, 'exit');
    }
  }
}
