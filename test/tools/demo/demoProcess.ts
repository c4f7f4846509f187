import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

export interface DemoProcessOptions {
  readonly vms?: number;
  readonly seed?: number;
  /** Further arguments of the program, such as `--stuck`, `web-01`. */
  readonly args?: readonly string[];
  /** What node runs: the sources unless a bundle is named. */
  readonly program?: readonly string[];
  /** Gives way to others, as a host does that is a machine of its own: 0 to 19. */
  readonly niceness?: number;
}

/** What the simulated host took, as it said itself. */
export interface DemoUse {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly memoryMiB: number;
}

/** The demo as the separate program it is for tests and benches. */
export class DemoProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  #output = '';

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString('utf8')));
  }

  static async start(options: DemoProcessOptions = {}): Promise<DemoProcess> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vmd-demo-'));
    const program = options.program ?? ['--import', 'tsx', 'src/demo/demoMain.ts'];
    const child = spawn(
      process.execPath,
      [
        ...program,
        ...['--socket', path.join(folder, 'sock')],
        ...['--vms', String(options.vms ?? 24), '--seed', String(options.seed ?? 1)],
        ...(options.args ?? []),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const demo = new DemoProcess(child, folder);
    if (options.niceness !== undefined && child.pid !== undefined) {
      os.setPriority(child.pid, options.niceness);
    }
    await demo.#outputs(/simulated VMs/);
    return demo;
  }

  get socket(): string {
    return path.join(this.#folder, 'sock');
  }

  get uri(): string {
    return `qemu:///system?socket=${this.socket}`;
  }

  /** Asks the program what it has used so far. */
  async use(): Promise<DemoUse> {
    this.#output = '';
    this.#child.kill('SIGUSR1');
    await this.#outputs(/MiB/);
    const [, user, system, memory] =
      /([\d.]+) s user, ([\d.]+) s system, (\d+) MiB/.exec(this.#output) ?? [];
    return {
      userSeconds: Number(user),
      systemSeconds: Number(system),
      memoryMiB: Number(memory),
    };
  }

  /** @returns its exit status */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    fs.rmSync(this.#folder, { recursive: true, force: true });
    return this.#child.exitCode;
  }

  async #outputs(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#output)) {
      if (this.#child.exitCode !== null) {
        throw new Error(`The demo ended: ${this.#output}`);
      }
      await Promise.race([once(this.#child.stdout!, 'data'), once(this.#child, 'exit')]);
    }
  }
}
