import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { waitForAnswer } from './answer.ts';
import type { Keeper } from './keeper.ts';

/** The first probe of QEMU's capabilities takes some seconds; with two busy cores several times that. */
const startTimeoutMs = 60_000;

/** How long libvirtd gets to end when asked to. */
const stopTimeoutMs = 5_000;

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
  #enter: ChildProcess | undefined;
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
    if (this.#enter !== undefined) {
      throw new Error('libvirtd of this rig host is already running');
    }
    const output = path.join(this.#folder, 'log', 'libvirtd.out');
    const pidFile = path.join(this.#folder, 'run', 'libvirtd.pid');
    fs.rmSync(pidFile, { force: true });
    const fd = fs.openSync(output, 'a');
    const [program, ...args] = this.#keeper.inside([
      ...['taskset', '--cpu-list', firstProcessor(), 'libvirtd'],
      ...['--config', '/etc/libvirt/libvirtd.conf', '--pid-file', '/run/libvirt/libvirtd.pid'],
    ]);
    const enter = spawn(program!, args, { stdio: ['ignore', fd, fd], detached: true });
    fs.closeSync(fd);
    enter.unref();
    this.#enter = enter;

    const given = new AbortController();
    enter.once('error', (error) => {
      given.abort(error);
    });
    enter.once('exit', (code, signal) => {
      this.#enter = undefined;
      this.#pid = undefined;
      given.abort(new Error(`libvirtd ended with ${code ?? signal ?? ''}: ${this.#logs()}`));
    });
    const timer = setTimeout(() => {
      given.abort(new Error(`libvirtd did not answer in time: ${this.#logs()}`));
    }, startTimeoutMs);
    try {
      await waitForAnswer(path.join(this.#folder, 'run', 'libvirt-sock'), given.signal);
    } catch (error) {
      throw given.signal.aborted ? given.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
    this.#pid = this.#keeper.outerPid(Number(fs.readFileSync(pidFile, 'utf8')));
  }

  /** Sends a signal to it and does not wait. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Ends it with this signal and waits until it has gone. Its guests go on. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const enter = this.#enter;
    if (enter === undefined) {
      return;
    }
    const exited = once(enter, 'exit');
    this.signal(signal);
    await exited;
  }

  /** Asks it to end, and insists after a while. Its guests go on. */
  async stop(): Promise<void> {
    const late = new AbortController();
    const insist = delay(stopTimeoutMs, undefined, { signal: late.signal }).then(
      () => this.kill('SIGKILL'),
      () => undefined,
    );
    await this.kill('SIGTERM');
    late.abort();
    await insist;
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
