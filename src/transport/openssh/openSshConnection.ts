import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onAbort } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { CancelledError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import type { DialStep } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import type { CommandStream } from '../ssh/reachSocket.ts';
import type { SshEnvironment } from '../ssh/sshEnvironment.ts';
import type { SecretMemory } from '../ssh/secretMemory.ts';
import type { SshPrompts } from '../ssh/sshPrompts.ts';
import type { SshTarget } from '../ssh/sshTarget.ts';
import { Answers, knowsSecrets } from './answers.ts';
import { Askpass, canAsk } from './askpass.ts';
import { explainEnd } from './explainEnd.ts';
import { makeOwnFolder } from './ownFolder.ts';
import { sshArguments } from './sshArguments.ts';
import { runSsh, type SshRun } from './sshRun.ts';

export interface OpenSshOptions {
  readonly environment: Pick<
    SshEnvironment,
    'sshProgram' | 'variables' | 'platform' | 'credentialKeyFile'
  >;
  readonly clock: Clock;
  /** Never given a secret. */
  readonly log: Log;
  readonly prompts: SshPrompts | undefined;
  readonly secrets: SecretMemory;
  /** Ends the opening; nothing once it is open. */
  readonly signal: AbortSignal;
  /** A person waits and may be asked. */
  readonly mayAsk: boolean;
  readonly onStep: (step: DialStep, detail: string) => void;
}

/** Of a server that says nothing while it is its turn. */
const silenceMs = 20_000;
/** A signature takes longer than this only if somebody has to touch a key or type a PIN. */
const signingMs = 1_500;
/** With it a socket's path still fits where OpenSSH makes the socket under a longer name first. */
const longestControlPath = 85;
const keptComplaintLines = 5;

/**
 * A connection of the user's own OpenSSH. One `ssh` holds it, and ends when we do, since it runs `cat` on our input;
 * others share it, one for each command. Where connections cannot be shared (Windows, and servers that allow one
 * session only) each command has a connection of its own.
 */
export class OpenSshConnection {
  readonly #target: SshTarget;
  readonly #options: OpenSshOptions;
  readonly #holder: SshRun;
  readonly #folder: string | undefined;
  readonly #askpass: Askpass | undefined;
  readonly #guests = new Set<SshRun>();
  readonly #closed = new Emitter<Error>();
  #closeCause: Error | undefined;

  /** Fires once, with why. */
  readonly onDidClose = this.#closed.event;
  /** OpenSSH cannot forward to a socket without a listener of its own on this machine. */
  readonly forward = undefined;

  private constructor(parts: {
    target: SshTarget;
    options: OpenSshOptions;
    holder: SshRun;
    folder: string | undefined;
    askpass: Askpass | undefined;
  }) {
    this.#target = parts.target;
    this.#options = parts.options;
    this.#holder = parts.holder;
    this.#folder = parts.folder;
    this.#askpass = parts.askpass;
    void this.#watch();
  }

  /** @throws TransportError, CancelledError */
  static async open(target: SshTarget, options: OpenSshOptions): Promise<OpenSshConnection> {
    const { environment } = options;
    const folder = canAsk(environment) ? await makeOwnFolder(tmpdir(), options.clock) : undefined;
    const leave = new DisposableStore();
    if (folder !== undefined) {
      leave.add(toDisposable(() => void rm(folder, { recursive: true, force: true })));
    }
    try {
      const askpass = folder === undefined ? undefined : await openAskpass(folder, target, options);
      const isBatch = askpass === undefined;
      if (askpass) {
        leave.add(askpass);
      }
      const waiting = new DisposableStore();
      let hear: () => void = () => undefined;
      const holder = runSsh({
        program: environment.sshProgram,
        args: sshArguments(target, {
          controlPath: controlPath(folder),
          role: 'holder',
          keyFile: environment.credentialKeyFile,
          isBatch,
          command: 'cat',
        }),
        variables: variablesFor(environment.variables, askpass),
        onStep: options.onStep,
        onWords: () => {
          hear();
        },
      });
      leave.add(
        toDisposable(() => {
          holder.stream.destroy();
        }),
      );
      try {
        await new Promise<void>((resolve, reject) => {
          hear = watchProgress(holder, askpass, target, options, waiting, { resolve, reject });
        });
      } finally {
        waiting.dispose();
        hear = () => undefined;
      }
      askpass?.succeeded();
      return new OpenSshConnection({ target, options, holder, folder, askpass });
    } catch (error) {
      leave.dispose();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#closeCause !== undefined;
  }

  /** Runs a command at the far end. @throws TransportError if the connection is closed, CancelledError */
  exec(command: string, signal?: AbortSignal): Promise<CommandStream> {
    if (this.#closeCause) {
      return Promise.reject(this.#closeCause);
    }
    if (signal?.aborted) {
      return Promise.reject(new CancelledError(`A command on ${this.#target.alias}`));
    }
    const { sshProgram, variables, credentialKeyFile } = this.#options.environment;
    const run = runSsh({
      program: sshProgram,
      args: sshArguments(this.#target, {
        controlPath: controlPath(this.#folder),
        role: 'guest',
        keyFile: credentialKeyFile,
        isBatch: this.#askpass === undefined,
        command,
      }),
      variables: variablesFor(variables, this.#askpass),
    });
    const { stream, log } = run;
    this.#guests.add(run);
    stream.on('error', () => undefined); // who uses it has listeners of their own
    stream.once('close', () => {
      this.#guests.delete(run);
    });
    void run.ended.then((error) => {
      if (error) {
        stream.destroy(error);
      }
    });
    return Promise.resolve({
      stream,
      complaint: () => log.words.slice(-keptComplaintLines).join('\n'),
    });
  }

  close(): void {
    this.#end(new TransportError('closed', `Disconnected from ${this.#target.alias}.`));
  }

  async #watch(): Promise<void> {
    this.#holder.stream.on('error', () => undefined).resume();
    const error = await this.#holder.ended;
    this.#end(error ?? (await explainEnd(this.#holder.log, this.#target)));
  }

  #end(cause: Error): void {
    if (this.#closeCause) {
      return;
    }
    this.#closeCause = cause;
    for (const { stream } of [...this.#guests]) {
      stream.destroy(cause);
    }
    this.#holder.stream.destroy();
    this.#askpass?.dispose();
    if (this.#folder !== undefined) {
      void rm(this.#folder, { recursive: true, force: true }).catch(() => undefined);
    }
    this.#closed.fire(cause);
  }
}

/** @returns undefined if there is nobody to ask and nothing to answer, so that OpenSSH need not try */
async function openAskpass(
  folder: string,
  target: SshTarget,
  { prompts, secrets, mayAsk }: OpenSshOptions,
): Promise<Askpass | undefined> {
  if (!prompts || target.batchMode) {
    return undefined;
  }
  const options = { target, prompts, secrets, mayAsk };
  return mayAsk || (await knowsSecrets(options))
    ? Askpass.open(folder, new Answers(options))
    : undefined;
}

/**
 * Follows an `ssh` until it has got in, and gives it up when it falls silent, ends, or nobody wants it any more.
 * @returns what is to be called whenever it said something
 */
function watchProgress(
  { log, ended, kill }: SshRun,
  askpass: Askpass | undefined,
  target: SshTarget,
  { clock, signal, prompts }: OpenSshOptions,
  waiting: DisposableStore,
  outcome: { readonly resolve: () => void; readonly reject: (error: Error) => void },
): () => void {
  const give = (error: Error): void => {
    outcome.reject(error);
    kill();
  };
  let silence: Disposable | undefined;
  let touch: Disposable | undefined;
  const signing = new AbortController();
  waiting.add(
    toDisposable(() => {
      signing.abort();
    }),
  );
  const awaitWords = (): void => {
    silence?.dispose();
    silence = waiting.add(
      clock.after(silenceMs, () => {
        if (askpass?.isAsking || log.signing !== undefined) {
          awaitWords();
        } else {
          give(
            new TransportError(
              'timeout',
              `${target.alias} fell silent while OpenSSH logged in: nothing came for ${silenceMs / 1000} s.`,
            ),
          );
        }
      }),
    );
  };
  waiting.add(
    onAbort(signal, () => {
      give(new CancelledError(`Connecting to ${target.alias}`, { cause: signal.reason }));
    }),
  );
  if (signal.aborted) {
    give(new CancelledError(`Connecting to ${target.alias}`));
  }
  awaitWords();
  void ended.then(async (error) => {
    outcome.reject(error ?? (await explainEnd(log, target)));
  });
  return () => {
    awaitWords();
    touch?.dispose();
    if (log.isReady) {
      outcome.resolve();
    } else if (log.signing !== undefined && prompts) {
      touch = waiting.add(
        clock.after(signingMs, () => {
          if (log.signing !== undefined && !askpass?.isAsking) {
            const key = log.signing;
            prompts.agentIsWaiting({ host: target.alias, key, signal: signing.signal });
          }
        }),
      );
    }
  };
}

function controlPath(folder: string | undefined): string | undefined {
  const path = folder === undefined ? undefined : join(folder, 'c');
  return path !== undefined && path.length <= longestControlPath ? path : undefined;
}

function variablesFor(
  variables: Readonly<Record<string, string | undefined>>,
  askpass: Askpass | undefined,
): Readonly<Record<string, string | undefined>> {
  // In its own language only, since it is read
  const own = { ...variables, LC_ALL: 'C', LANGUAGE: undefined };
  return askpass
    ? { ...own, ...askpass.variables, DISPLAY: variables['DISPLAY'] ?? ':0' }
    : { ...own, SSH_ASKPASS: undefined, SSH_ASKPASS_REQUIRE: 'never' };
}
