import { execa } from 'execa';
import type { DialStep } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import { ProcessStream } from './processStream.ts';
import { SshLog } from './sshLog.ts';

export interface SshRunOptions {
  /** OpenSSH's client; a name is looked for in `PATH`. */
  readonly program: string;
  readonly args: readonly string[];
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly onStep?: (step: DialStep, detail: string) => void;
  /** Called whenever it said something. */
  readonly onWords?: () => void;
}

/** One running `ssh`. */
export interface SshRun {
  /** What goes to the command at the far end, and what comes from it. */
  readonly stream: ProcessStream;
  readonly log: SshLog;
  /** Resolves when it has ended; with an error if it could not be run at all. */
  readonly ended: Promise<TransportError | undefined>;
  readonly kill: () => void;
}

/** Starts OpenSSH with these words; no shell is involved. */
export function runSsh({ program, args, variables, onStep, onWords }: SshRunOptions): SshRun {
  const child = execa(program, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    encoding: 'buffer',
    extendEnv: false,
    env: variables,
    windowsHide: true,
    // Out of reach of a terminal that we may have been started in: nobody is asked there. It ends with its input.
    detached: process.platform !== 'win32',
  });
  const log = new SshLog((step, detail) => onStep?.(step, detail));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log.add(text);
    onWords?.();
  });
  const kill = (): void => {
    child.kill('SIGTERM');
  };
  const ended = child.then((result) =>
    result.code === 'ENOENT' || result.code === 'EACCES'
      ? new TransportError(
          'unsupported',
          `OpenSSH's client cannot be run (${program}: ${result.code}). Install it (Debian: openssh-client; Windows: the optional feature "OpenSSH Client").`,
        )
      : undefined,
  );
  return { stream: new ProcessStream(child.stdin, child.stdout, kill), log, ended, kill };
}
