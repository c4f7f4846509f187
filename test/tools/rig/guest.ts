import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { type CommandResult, CommandError } from './command.ts';
import { type GuestFiles, guestHostname } from './guestXml.ts';
import type { Keeper } from './keeper.ts';

/** How long a guest may take for a step when the machine has other work. */
const patienceMs = 60_000;

/** What a guest needs of its host. */
export interface GuestHost {
  readonly keeper: Keeper;
  virsh(...args: string[]): Promise<CommandResult>;
}

async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    if (performance.now() > end) {
      throw new Error(`not in ${timeoutMs} ms: ${what}`);
    }
    await delay(20);
  }
}

/** A real QEMU guest of a rig host. */
export class Guest {
  readonly name: string;
  readonly uuid: string;
  readonly diskPath: string;
  /** What the guest wrote to its first serial port since its QEMU was started. */
  readonly serialLogPath: string;
  readonly #host: GuestHost;

  constructor(host: GuestHost, name: string, uuid: string, files: GuestFiles) {
    this.#host = host;
    this.name = name;
    this.uuid = uuid;
    this.diskPath = files.disk;
    this.serialLogPath = files.serialLog;
  }

  async #virsh(command: string, ...args: string[]): Promise<string> {
    const result = await this.#host.virsh(command, this.uuid, ...args);
    if (result.code !== 0) {
      throw new CommandError(['virsh', command, this.name, ...args], result);
    }
    return result.stdout;
  }

  /** Starts it; QEMU runs when this returns, the guest has yet to boot (`waitReady`). */
  async start(options: { readonly paused?: boolean } = {}): Promise<void> {
    await this.#virsh('start', ...(options.paused === true ? ['--paused'] : []));
  }

  /** Waits until it has booted this many times since its QEMU was started. */
  async waitReady(options: { boots?: number; timeoutMs?: number } = {}): Promise<void> {
    const { boots = 1, timeoutMs = patienceMs } = options;
    const mark = `READY ${guestHostname(this.name)} `;
    await until(
      `guest ${this.name} has booted`,
      () => {
        const text = fs.existsSync(this.serialLogPath)
          ? fs.readFileSync(this.serialLogPath, 'latin1')
          : '';
        return text.split(mark).length > boots ? true : undefined;
      },
      timeoutMs,
    );
  }

  /** Waits until its guest agent answers. */
  async waitAgent(options: { timeoutMs?: number } = {}): Promise<void> {
    await until(
      `the agent of guest ${this.name} answers`,
      async () => {
        const ping = ['qemu-agent-command', this.uuid, '--timeout', '2'];
        const result = await this.#host.virsh(...ping, '{"execute":"guest-ping"}');
        return result.code === 0 ? true : undefined;
      },
      options.timeoutMs ?? patienceMs,
    );
  }

  /** Its state in virsh's words, such as `running` or `shut off`. */
  async state(): Promise<string> {
    return (await this.#virsh('domstate')).trim();
  }

  /** Waits for a state in virsh's words. */
  async waitState(state: string, options: { timeoutMs?: number } = {}): Promise<void> {
    await until(
      `guest ${this.name} is ${state}`,
      async () => ((await this.state()) === state ? true : undefined),
      options.timeoutMs ?? patienceMs,
    );
  }

  /** Cuts its power. */
  async destroy(): Promise<void> {
    await this.#virsh('destroy');
  }

  /** Removes it with all that libvirt keeps about it, and its disk. It must not be running. */
  async undefine(): Promise<void> {
    await this.#virsh(
      'undefine',
      ...['--managed-save', '--snapshots-metadata', '--checkpoints-metadata', '--nvram'],
    );
    fs.rmSync(this.diskPath, { force: true });
  }

  /** The id of its QEMU as seen from here. Throws when it is not running. */
  pid(): number {
    const pid = this.#host.keeper.findProcess(
      ([program, ...args]) =>
        program?.endsWith('/qemu-system-x86_64') === true && args.includes(this.uuid),
    );
    if (pid === undefined) {
      throw new Error(`guest ${this.name} has no QEMU running`);
    }
    return pid;
  }

  /** Sends a signal to its QEMU: SIGSTOP makes a guest that answers nothing, SIGCONT wakes it, SIGKILL is a crash. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid(), signal);
  }
}
