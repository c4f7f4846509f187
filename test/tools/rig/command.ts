import { spawn } from 'node:child_process';

/** What a finished command left behind. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; null when a signal ended it. */
  readonly code: number | null;
}

/** How a command is run. */
export interface CommandOptions {
  readonly input?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Where it runs; our own folder unless said otherwise. */
  readonly cwd?: string;
}

/** A command that was to succeed did not. */
export class CommandError extends Error {
  readonly argv: readonly string[];
  readonly result: CommandResult;

  constructor(argv: readonly string[], result: CommandResult) {
    const outcome = result.code === null ? 'was killed' : `ended with ${result.code}`;
    super(`${argv.join(' ')} ${outcome}: ${(result.stderr || result.stdout).trim()}`);
    this.name = 'CommandError';
    this.argv = argv;
    this.result = result;
  }
}

/** Runs a program to its end and returns what it said, whatever its exit status. */
export function runCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program, ...args] = argv;
  if (program === undefined) {
    throw new TypeError('an empty command');
  }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // Messages are compared with text in tests: they must not depend on the developer's language.
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
      killSignal: 'SIGKILL',
      timeout: options.timeoutMs ?? 60_000,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
        code,
      });
    });
    // A program that does not read its input may be gone before all is written: not our error.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program that must succeed and returns its standard output. */
export async function mustRun(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(argv, options);
  if (result.code !== 0) {
    throw new CommandError(argv, result);
  }
  return result.stdout;
}

/** The words before a command that runs with these variables beside its others. */
export function withVariables(variables: Readonly<Record<string, string>>): readonly string[] {
  return ['env', ...Object.entries(variables).map((pair) => pair.join('='))];
}
