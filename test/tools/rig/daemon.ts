import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { waitForAnswer } from './answer.ts';
import type { Keeper } from './keeper.ts';

const script = path.join(import.meta.dirname, 'daemon.sh');

/** The first probe of QEMU's capabilities takes some seconds; with two busy cores several times that. */
const startTimeoutMs = 60_000;

/** How long libvirtd gets to end when asked to. */
const stopTimeoutMs = 5_000;

/** How often we look whether it has ended. */
const glanceMs = 5;

/**
 * The first processor we may use. libvirtd notes the CPUID of the one it runs on and probes QEMU anew, for seconds,
 * when it finds another; on machines whose cores differ that would be at every other start.
 */
function firstProcessor(): string {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1] ?? '0';
}

/** libvirtd of one rig host. */
export class Daemon {
  readonly #keeper: Keeper;
  readonly #folder: string;
  #pid: number | undefined;

  constructor(keeper: Keeper, folder: string) {
    this.#keeper = keeper;
    this.#folder = folder;
  }

  /** Its process id as seen from here. */
  get pid(): number {
    if (this.#pid === undefined) {
      throw new Error('libvirtd of this rig host is not running');
    }
    return this.#pid;
  }

  /** Starts it and returns when it answers. */
  async start(): Promise<void> {
    if (this.#pid !== undefined && this.#exitCode() === undefined) {
      throw new Error('libvirtd of this rig host is already running');
    }
    fs.rmSync(this.#exitFile, { force: true });
    fs.rmSync(this.#pidFile, { force: true });
    await this.#launch();

    const given = new AbortController();
    const timer = setTimeout(() => {
      given.abort(new Error(`libvirtd did not answer in time: ${this.#logs()}`));
    }, startTimeoutMs);
    const watch = setInterval(() => {
      const code = this.#exitCode();
      if (code !== undefined) {
        given.abort(new Error(`libvirtd ended with ${code}: ${this.#logs()}`));
      }
    }, glanceMs);
    try {
      await waitForAnswer(path.join(this.#folder, 'run', 'libvirt-sock'), given.signal);
    } catch (error) {
      throw given.signal.aborted ? given.signal.reason : error;
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
    }
    this.#pid = this.#keeper.outerPid(Number(fs.readFileSync(this.#pidFile, 'utf8')));
  }

  /** Sends a signal to it and does not wait. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Ends it with this signal and waits until it has gone. Its guests go on. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#pid === undefined) {
      return;
    }
    if (this.#exitCode() === undefined) {
      this.signal(signal);
      while (this.#exitCode() === undefined) {
        await delay(glanceMs);
      }
    }
    this.#pid = undefined;
  }

  /** Asks it to end, and insists after a while. Its guests go on. */
  async stop(): Promise<void> {
    const insist = setTimeout(() => {
      this.signal('SIGKILL');
    }, stopTimeoutMs);
    await this.kill('SIGTERM');
    clearTimeout(insist);
  }

  async #launch(): Promise<void> {
    const output = fs.openSync(path.join(this.#folder, 'log', 'libvirtd.out'), 'a');
    const [program, ...args] = this.#keeper.inside([
      ...['sh', script, '/run/libvirt/libvirtd.exit'],
      ...['taskset', '--cpu-list', firstProcessor(), 'libvirtd'],
      ...['--config', '/etc/libvirt/libvirtd.conf', '--pid-file', '/run/libvirt/libvirtd.pid'],
    ]);
    // Its own session: Ctrl-C in a terminal is for the test process.
    const enter = spawn(program!, args, { stdio: ['ignore', output, output], detached: true });
    fs.closeSync(output);
    const [code] = (await once(enter, 'exit')) as [number | null];
    if (code !== 0) {
      throw new Error(`the rig host could not be entered: ${this.#logs()}`);
    }
  }

  get #pidFile(): string {
    return path.join(this.#folder, 'run', 'libvirtd.pid');
  }

  get #exitFile(): string {
    return path.join(this.#folder, 'run', 'libvirtd.exit');
  }

  /** How it ended, if it has. */
  #exitCode(): string | undefined {
    try {
      // Empty for the moment in which it is being written.
      return fs.readFileSync(this.#exitFile, 'utf8').trim() || undefined;
    } catch {
      return undefined;
    }
  }

  /** The end of what it wrote, for error messages. */
  #logs(): string {
    return ['libvirtd.out', 'libvirtd.log']
      .map((name) => path.join(this.#folder, 'log', name))
      .filter((file) => fs.existsSync(file))
      .map((file) => fs.readFileSync(file, 'utf8').slice(-2000))
      .join('\n');
  }
}
