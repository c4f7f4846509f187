import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { onAbort } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { CancelledError } from '../../base/errors.ts';
import { TransportError } from '../../libvirt/errors.ts';
import { splitWords } from './splitWords.ts';
import type { SshTarget } from './sshTarget.ts';

export const defaultConnectTimeoutMs = 10_000;
/** What is kept of a proxy's complaints. */
const keptStderrBytes = 2_000;

/**
 * Opens the TCP connection to a target.
 * @throws TransportError of kind `unreachable` or `timeout`, CancelledError
 */
export function openTcp(
  { hostName, port, alias, connectTimeoutMs, addressFamily, bindAddress }: SshTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<Duplex> {
  const watches = new DisposableStore();
  const timeoutMs = connectTimeoutMs ?? defaultConnectTimeoutMs;
  return new Promise<Duplex>((resolve, reject) => {
    if (signal.aborted) {
      throw new CancelledError(`Connecting to ${alias}`);
    }
    const socket = connect({
      host: hostName,
      port,
      autoSelectFamily: true,
      ...(addressFamily === 'any' ? {} : { family: addressFamily === 'inet' ? 4 : 6 }),
      ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
    });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined); // who uses it has listeners of their own
      socket.setNoDelay(true);
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      fail(unreachable(error, alias, hostName, port));
    });
    watches.add(
      clock.after(timeoutMs, () => {
        fail(
          new TransportError(
            'timeout',
            `${place(alias, hostName, port)} did not answer within ${timeoutMs / 1000} s: it is off, or a firewall swallows what is sent there.`,
          ),
        );
      }),
    );
    watches.add(
      onAbort(signal, () => {
        fail(new CancelledError(`Connecting to ${alias}`, { cause: signal.reason }));
      }),
    );
  }).finally(() => {
    watches.dispose();
  });
}

/**
 * Runs the program that is the way to a target (ProxyCommand).
 * @throws TransportError of kind `sshConfig` if it cannot be run
 */
export function openProxy(target: SshTarget, commandLine: string): Duplex {
  const [program, ...args] = splitWords(commandLine.replace(/^exec\s+/, '')) ?? [];
  if (program === undefined) {
    throw new TransportError(
      'sshConfig',
      `The ProxyCommand for ${target.alias} needs a shell, and OpenSSH to run it: ${commandLine}`,
    );
  }
  const proxy = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  const stream = Duplex.from({ writable: proxy.stdin, readable: proxy.stdout });
  let complaint = '';
  proxy.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-keptStderrBytes);
  });
  proxy.stdin.on('error', () => undefined); // the end of the program says why
  proxy.on('error', (error) => {
    stream.destroy(
      new TransportError(
        'sshConfig',
        `The ProxyCommand for ${target.alias} cannot be run: ${error.message}`,
        { cause: error },
      ),
    );
  });
  proxy.on('exit', (code, ending) => {
    const words = complaint.trim().split('\n').at(-1) ?? '';
    stream.destroy(
      new TransportError(
        'unreachable',
        `The ProxyCommand for ${target.alias} ended (${ending ?? `exit status ${code ?? ''}`})${words === '' ? '.' : `: ${words}`}`,
      ),
    );
  });
  stream.on('close', () => {
    proxy.kill();
  });
  return stream;
}

function unreachable(
  error: NodeJS.ErrnoException,
  alias: string,
  hostName: string,
  port: number,
): TransportError {
  const where = place(alias, hostName, port);
  const reasons: Readonly<Record<string, string>> = {
    ENOTFOUND: `The name ${hostName} is not known: it is misspelt, or the network that knows it is not connected.`,
    EAI_AGAIN: `The name ${hostName} cannot be looked up just now: the network may be down.`,
    ECONNREFUSED: `${where} refuses connections: no SSH server listens there. Start sshd, or check the port.`,
    EHOSTUNREACH: `There is no way to ${where} just now: it is off, or on another network.`,
    ENETUNREACH: `There is no way to ${where}: this machine is not connected to that network.`,
    ETIMEDOUT: `${where} does not answer: it is off, or a firewall swallows what is sent there.`,
  };
  const first = error instanceof AggregateError ? (error.errors[0] as typeof error) : error;
  const { code } = first as NodeJS.ErrnoException;
  return new TransportError(
    'unreachable',
    reasons[code ?? ''] ?? `${where} cannot be reached: ${error.message}`,
    { cause: error },
  );
}

function place(alias: string, hostName: string, port: number): string {
  const address = `${hostName}:${port}`;
  return alias === hostName ? address : `${alias} (${address})`;
}
