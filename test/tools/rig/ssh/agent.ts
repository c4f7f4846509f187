import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { CommandError, runCommand } from '../command.ts';

/** An ssh-agent of a test's own. */
export class SshAgent {
  readonly socket: string;
  readonly #child: ReturnType<typeof spawn>;

  private constructor(socket: string, child: ReturnType<typeof spawn>) {
    this.socket = socket;
    this.#child = child;
  }

  /** Starts it at this path, and waits until it listens. */
  static async start(socket: string): Promise<SshAgent> {
    const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    process.once('exit', () => child.kill());
    while (!fs.existsSync(socket)) {
      if (child.exitCode !== null) {
        throw new Error(`ssh-agent ended with ${child.exitCode}`);
      }
      await delay(5);
    }
    return new SshAgent(socket, child);
  }

  /** Gives it a key that has no passphrase. */
  async add(keyFile: string): Promise<void> {
    const argv = ['env', `SSH_AUTH_SOCK=${this.socket}`, 'ssh-add', '-q', keyFile];
    const result = await runCommand(argv);
    if (result.code !== 0) {
      throw new CommandError(argv, result);
    }
  }

  /** SIGSTOP makes an agent that waits, as for a touch; SIGCONT lets it answer. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGCONT');
      this.#child.kill('SIGTERM');
      await ended;
    }
  }
}
