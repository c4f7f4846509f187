import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { Duplex } from 'node:stream';
import { onAbort } from '../../base/abort.ts';
import type { Disposable } from '../../base/disposable.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { CancelledError, messageOf, toError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { DialStep } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import { gatherWrites } from './gatherWrites.ts';
import { HostKeyCheck } from './hostKeyCheck.ts';
import type { JumpPool } from './jumpPool.ts';
import { Login, type LoginOptions } from './login.ts';
import { defaultConnectTimeoutMs, openProxy, openTcp } from './openSocket.ts';
import { PeerWatch } from './peerWatch.ts';
import type { SecretMemory } from './secretMemory.ts';
import type { SshContext } from './sshHost.ts';
import type { SshTarget } from './sshTarget.ts';

export interface Ssh2Options extends SshContext {
  readonly secrets: SecretMemory;
  /** The machines on the way, which others may go through as well. */
  readonly jumps: JumpPool<Ssh2Connection>;
  /** Tells whether the user has a Kerberos ticket, for which OpenSSH would take over; undefined where it may not. */
  readonly openSsh: LoginOptions['openSsh'];
  readonly signal: AbortSignal;
  /** Whether the person may be asked anything now. */
  readonly mayAsk: boolean;
  readonly onStep: (step: DialStep, detail: string) => void;
}

/** A server may take its time to refuse, or to ask others; not longer. */
const loginStepTimeoutMs = 20_000;
/** OpenSSH says it so when too many keys were offered: a protocol error. */
const tooManyFailures = 2;

/** A login that failed in a way that the user's OpenSSH may not. */
export const mayNeedOpenSsh = new WeakSet<Error>();

/** One SSH connection to one machine by ssh2, logged in. */
export class Ssh2Connection {
  readonly #client: Client;
  readonly #target: SshTarget;
  /** Of the machine on the way. */
  readonly #jump: Disposable | undefined;
  readonly #channels = new Set<Duplex>();
  readonly #closed = new Emitter<Error>();
  #closeCause: Error | undefined;

  /** Fires once, with the reason. */
  readonly onDidClose = this.#closed.event;

  private constructor(
    client: Client,
    target: SshTarget,
    jump: Disposable | undefined,
    watch: Disposable,
    lost: Promise<Error>,
  ) {
    this.#client = client;
    this.#target = target;
    this.#jump = jump;
    void lost.then((cause) => {
      watch.dispose();
      this.#end(cause);
    });
  }

  get isClosed(): boolean {
    return this.#closeCause !== undefined;
  }

  /**
   * Connects, through other machines if need be, makes sure of the host key, and logs in.
   * @throws TransportError, CancelledError
   */
  static async open(target: SshTarget, options: Ssh2Options): Promise<Ssh2Connection> {
    const { jump: onTheWay } = target;
    const jump =
      onTheWay &&
      (await options.jumps.take(onTheWay, options, async (signal) => {
        const way = await Ssh2Connection.open(onTheWay, {
          ...options,
          signal,
          onStep: () => undefined,
        });
        way.#hasten();
        return way;
      }));
    try {
      const check = await HostKeyCheck.prepare(target);
      const socket = await openWay(target, jump?.connection, options);
      const via = jump ? `, through ${target.jump?.alias ?? ''}` : '';
      options.onStep('connect', `${target.hostName}:${target.port}${via}`);
      return await handshake(
        target,
        socket,
        check,
        options,
        (client, watch, lost) => new Ssh2Connection(client, target, jump?.use, watch, lost),
      );
    } catch (error) {
      jump?.use.dispose();
      throw error;
    }
  }

  /** Opens a stream to a unix socket of the machine. @throws Error with ssh2's `reason` */
  forward(socketPath: string, signal?: AbortSignal): Promise<ClientChannel> {
    return this.#channel(signal, (done) => {
      this.#client.openssh_forwardOutStreamLocal(socketPath, done);
    });
  }

  /** Runs a command by the user's shell there. @throws Error with ssh2's `reason` */
  exec(command: string, signal?: AbortSignal): Promise<ClientChannel> {
    return this.#channel(signal, (done) => {
      this.#client.exec(command, done);
    });
  }

  /** Opens a TCP connection from the machine. @throws Error with ssh2's `reason` */
  tcp(host: string, port: number, signal?: AbortSignal): Promise<ClientChannel> {
    return this.#channel(signal, (done) => {
      this.#client.forwardOut('127.0.0.1', 0, host, port, done);
    });
  }

  close(): void {
    if (!this.#closeCause) {
      const cause = new TransportError('closed', `Disconnected from ${this.#target.alias}.`);
      this.#client.end();
      this.#end(cause);
    }
  }

  /**
   * A connection of forwards only has the end of each large reply held back for 40 ms: sshd turns Nagle's algorithm off when
   * it runs a command. It does not matter which, nor whether there is such a command, or it is forbidden.
   */
  #hasten(): void {
    this.exec('true').then(
      (channel) => {
        channel.resume().end();
        channel.stderr.resume();
      },
      () => undefined,
    );
  }

  #channel(
    signal: AbortSignal | undefined,
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<ClientChannel> {
    const watches = new DisposableStore();
    return new Promise<ClientChannel>((resolve, reject) => {
      const what = `A channel to ${this.#target.alias}`;
      if (this.#closeCause) {
        throw this.#closeCause;
      }
      if (signal?.aborted) {
        throw new CancelledError(what);
      }
      let isWaitedFor = true;
      const giveUp = (error: Error): void => {
        isWaitedFor = false;
        reject(error);
      };
      watches.add(this.onDidClose(giveUp));
      if (signal) {
        watches.add(
          onAbort(signal, () => {
            giveUp(new CancelledError(what, { cause: signal.reason }));
          }),
        );
      }
      open((error, channel) => {
        if (error) {
          giveUp(error);
        } else if (isWaitedFor) {
          this.#keep(channel);
          resolve(channel);
        } else {
          channel.on('error', () => undefined);
          channel.destroy();
        }
      });
    }).finally(() => {
      watches.dispose();
    });
  }

  #keep(channel: ClientChannel): void {
    this.#channels.add(channel);
    channel.on('error', () => undefined); // who uses it has listeners of their own
    channel.once('close', () => {
      this.#channels.delete(channel);
    });
  }

  #end(cause: Error): void {
    if (this.#closeCause) {
      return;
    }
    this.#closeCause = cause;
    for (const channel of [...this.#channels]) {
      // ssh2's own `destroy` says nothing of the cause
      Duplex.prototype.destroy.call(channel, cause);
    }
    this.#channels.clear();
    this.#closed.fire(cause);
    this.#jump?.dispose();
  }
}

/** The stream that SSH runs over. */
async function openWay(
  target: SshTarget,
  jump: Ssh2Connection | undefined,
  { clock, signal }: Ssh2Options,
): Promise<Duplex> {
  if (!jump) {
    return target.proxyCommand === undefined
      ? openTcp(target, clock, signal)
      : openProxy(target, target.proxyCommand);
  }
  try {
    return await jump.tcp(target.hostName, target.port, signal);
  } catch (error) {
    if (error instanceof CancelledError || error instanceof TransportError) {
      throw error;
    }
    throw new TransportError(
      'unreachable',
      `${target.jump?.alias ?? ''} does not lead on to ${target.hostName}:${target.port}: nothing answers there, or AllowTcpForwarding or PermitOpen of its SSH server forbids it (${messageOf(error)}).`,
      { cause: error },
    );
  }
}

type Made = (client: Client, watch: Disposable, lost: Promise<Error>) => Ssh2Connection;

function handshake(
  target: SshTarget,
  socket: Duplex,
  check: HostKeyCheck,
  options: Ssh2Options,
  made: Made,
): Promise<Ssh2Connection> {
  const { clock, log, signal, secrets, onStep, mayAsk } = options;
  const prompts = mayAsk && !target.batchMode ? options.prompts : undefined;
  const client = new ssh2.Client();
  gatherWrites(socket);
  const watches = new DisposableStore();
  /** Ends the questions that wait for a person when there is nothing left to ask for. */
  const questions = new AbortController();
  const login = new Login({
    target,
    clock,
    prompts,
    notices: options.prompts,
    secrets,
    signal: questions.signal,
    openSsh: options.openSsh,
  });
  const timeoutMs = target.connectTimeoutMs ?? defaultConnectTimeoutMs;
  let isVerified = false;
  let isReady = false;
  return new Promise<Ssh2Connection>((resolve, reject) => {
    let lose: (cause: Error) => void = () => undefined;
    const lost = new Promise<Error>((found) => {
      lose = found;
    });
    const fail = (error: Error): void => {
      if (isReady) {
        lose(error);
      } else {
        questions.abort();
        reject(error);
      }
      socket.destroy();
    };
    const slow = watches.add(
      clock.after(timeoutMs, () => {
        fail(
          new TransportError(
            'timeout',
            `${target.alias} accepts connections but did not say hello within ${timeoutMs / 1000} s: its SSH server hangs, or what listens there is none.`,
          ),
        );
      }),
    );
    watches.add(
      onAbort(signal, () => {
        fail(new CancelledError(`Connecting to ${target.alias}`, { cause: signal.reason }));
      }),
    );
    client.on('banner', (text) => {
      log.info(`${target.alias} says: ${text.trim()}`);
    });
    client.on('ready', () => {
      isReady = true;
      login.succeeded();
      watches.dispose();
      onStep('login', `${target.user}, ${login.last}`);
      const watch = new PeerWatch(socket, clock, (silentMs) => {
        fail(
          new TransportError(
            'timeout',
            `${target.alias} has not answered for ${Math.round(silentMs / 1000)} s: it is off, or the network is gone.`,
          ),
        );
      });
      resolve(made(client, watch, lost));
    });
    client.on('error', (error: Error & { level?: string; code?: unknown }) => {
      if (error.level === 'agent') {
        log.debug(`${target.alias}: ${error.message}`); // ssh2 goes on with the next key
        return;
      }
      fail(describe(error, target, login, { isVerified, isReady }));
    });
    client.on('close', () => {
      fail(
        new TransportError(
          'closed',
          isReady
            ? `${target.alias} closed the SSH connection.`
            : `${target.alias} closed the SSH connection before it let us in: it may be starting, or have too many connections (MaxStartups).`,
        ),
      );
    });
    socket.on('error', (error) => {
      fail(
        error instanceof TransportError
          ? error
          : new TransportError(
              'closed',
              `The SSH connection to ${target.alias} broke: ${error.message}`,
              { cause: error },
            ),
      );
    });
    let answer: Disposable | undefined;
    /** A server that falls silent while it is its turn is given up. */
    const awaitServer = (): void => {
      answer?.dispose();
      answer = watches.add(
        clock.after(loginStepTimeoutMs, () => {
          if (login.isBusy) {
            awaitServer();
          } else {
            fail(
              new TransportError(
                'timeout',
                `${target.alias} fell silent while we logged in: nothing came for ${loginStepTimeoutMs / 1000} s.`,
              ),
            );
          }
        }),
      );
    };
    client.connect({
      sock: socket,
      username: target.user,
      readyTimeout: 0,
      strictVendor: false,
      keepaliveInterval: PeerWatch.askEveryMs,
      keepaliveCountMax: Number.MAX_SAFE_INTEGER,
      algorithms: algorithmsFor(target, check.algorithms),
      hostVerifier: (key: Buffer, decide: (isRight: boolean) => void) => {
        slow.dispose();
        check.verify(key, prompts, questions.signal).then(
          (found) => {
            isVerified = true;
            onStep('hostKey', found);
            decide(true);
          },
          (error: unknown) => {
            fail(toError(error));
            decide(false);
          },
        );
      },
      authHandler: (offered, _partial, next) => {
        awaitServer();
        login.next(offered as readonly string[] | null).then(
          (attempt) => {
            next(attempt as Exclude<typeof attempt, false>);
          },
          (error: unknown) => {
            fail(toError(error));
          },
        );
      },
    });
  }).finally(() => {
    watches.dispose();
  });
}

function algorithmsFor(
  { algorithms: { kex, ciphers, macs }, compression }: SshTarget,
  hostKeys: readonly string[],
): Exclude<ConnectConfig['algorithms'], undefined> {
  const lists = {
    kex: kex ?? [],
    cipher: ciphers ?? [],
    hmac: macs ?? [],
    serverHostKey: hostKeys,
    compress: compression ? ['zlib@openssh.com', 'none'] : ['none'],
  };
  return Object.fromEntries(Object.entries(lists).filter(([, names]) => names.length > 0));
}

function describe(
  error: Error & { level?: string; code?: unknown },
  target: SshTarget,
  login: Login,
  { isVerified, isReady }: { readonly isVerified: boolean; readonly isReady: boolean },
): Error {
  if (error instanceof TransportError || error instanceof CancelledError) {
    return error;
  }
  if (isReady) {
    return new TransportError(
      'closed',
      `The SSH connection to ${target.alias} broke: ${error.message}`,
      { cause: error },
    );
  }
  if (isVerified && (error.level === 'client-authentication' || error.code === tooManyFailures)) {
    const failure = login.failure({ tooMany: error.code === tooManyFailures });
    if (login.needsOpenSsh) {
      mayNeedOpenSsh.add(failure);
    }
    return failure;
  }
  if (error.level === 'handshake') {
    const failure = new TransportError(
      'unsupported',
      `${target.alias} and we found no way to talk: ${error.message}. Its SSH server may be very old, or allow only what is newer than our client.`,
      { cause: error },
    );
    mayNeedOpenSsh.add(failure);
    return failure;
  }
  return new TransportError(
    'unreachable',
    `The SSH server of ${target.alias} ended the connection: ${error.message}`,
    { cause: error },
  );
}
