import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { homedir } from 'node:os';
import { sleep, type Clock } from '../base/clock.ts';
import { CancelledError } from '../base/errors.ts';
import type { Dialer, DialOptions } from '../libvirt/dialer.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { HostUri } from '../libvirt/uri.ts';
import { socketPaths, type SocketEnvironment, type SocketPair } from './socketPaths.ts';

/** Longest path a unix socket can have on Linux; macOS allows less and says so itself. */
const maxSocketPathBytes = 107;
const sessionDaemonStartMs = 10_000;

/** The environment of this process. */
function processEnvironment(): SocketEnvironment {
  return {
    isRoot: process.getuid?.() === 0,
    home: homedir(),
    xdgRuntimeDir: process.env['XDG_RUNTIME_DIR'],
    xdgCacheHome: process.env['XDG_CACHE_HOME'],
  };
}

/** The way to a daemon of this machine. */
export function createUnixDialer(
  uri: HostUri,
  clock: Clock,
  environment: SocketEnvironment = processEnvironment(),
): Dialer {
  const candidates = socketPaths(uri, environment);
  const mayStartDaemon =
    uri.path === '/session' && !environment.isRoot && uri.parameters['socket'] === undefined;
  return {
    place: candidates.map((pair) => pair.socket).join(' or '),
    dial: async (options) => {
      try {
        return await dialFirst(candidates, options);
      } catch (error) {
        if (mayStartDaemon && isKind(error, 'absent', 'refused')) {
          return await dialStartedDaemon(uri, candidates, options, clock, error);
        }
        throw error;
      }
    },
  };
}

/** Tries the candidates in order; a socket that refuses for want of rights is the one meant, so it decides. */
async function dialFirst(candidates: readonly SocketPair[], options: DialOptions): Promise<Socket> {
  let failure: TransportError | undefined;
  for (const pair of candidates) {
    const path = options.readOnly ? pair.readOnly : pair.socket;
    if (path === undefined) {
      continue;
    }
    try {
      return await dialPath(path, options);
    } catch (error) {
      if (!(error instanceof TransportError) || isKind(error, 'permission')) {
        throw error;
      }
      // A refusal says more than an absence
      if (!failure || (failure.kind === 'absent' && error.kind !== 'absent')) {
        failure = error;
      }
    }
  }
  if (failure?.kind === 'absent' && candidates.length > 1) {
    throw new TransportError(
      'absent',
      `No libvirt daemon listens here: there is neither ${candidates.map((pair) => (options.readOnly ? pair.readOnly : pair.socket)).join(' nor ')}. ` +
        'Install libvirt (Debian: libvirt-daemon-system) and start it, or add a host over SSH.',
      { cause: failure },
    );
  }
  throw failure ?? new TransportError('unsupported', 'A session daemon has no read-only socket.');
}

function dialPath(path: string, { signal }: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      throw new CancelledError(`Opening ${path}`);
    }
    if (Buffer.byteLength(path) > maxSocketPathBytes) {
      throw new TransportError(
        'unsupported',
        `The socket's path is ${Buffer.byteLength(path)} bytes long; the system allows ${maxSocketPathBytes}: ${path}`,
      );
    }
    const socket = connect({ path });
    const onAbort = (): void => {
      socket.destroy();
      reject(new CancelledError(`Opening ${path}`, { cause: signal?.reason }));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      signal?.removeEventListener('abort', onAbort);
      reject(dialError(path, error));
    });
  });
}

function dialError(path: string, error: NodeJS.ErrnoException): TransportError {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new TransportError(
        'absent',
        `There is no socket at ${path}: the libvirt daemon is not installed or not running. Start it (systemctl start libvirtd), or check the path.`,
        { cause: error },
      );
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
    case 'EPROTOTYPE':
      return new TransportError(
        'refused',
        `Nobody listens on ${path}: the libvirt daemon has stopped, or this is not its socket. Start it (systemctl start libvirtd).`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
      return new TransportError(
        'permission',
        `You may not use ${path}: it belongs to the group libvirt. Join it (sudo usermod -aG libvirt $USER), then log out and in again.`,
        { cause: error },
      );
    default:
      return new TransportError(
        'refused',
        `The socket ${path} cannot be opened: ${error.message}`,
        {
          cause: error,
        },
      );
  }
}

/** What libvirt's own clients do: a user's daemon is started by the first who needs it and ends when idle. */
async function dialStartedDaemon(
  uri: HostUri,
  candidates: readonly SocketPair[],
  options: DialOptions,
  clock: Clock,
  cause: unknown,
): Promise<Socket> {
  const program = await findDaemon(uri.driver);
  if (program === undefined) {
    throw new TransportError(
      'absent',
      'No libvirt session daemon runs, and none is installed to start (virtqemud or libvirtd). Install libvirt (Debian: libvirt-daemon).',
      { cause },
    );
  }
  spawn(program, ['--timeout=120'], { detached: true, stdio: 'ignore' })
    .on('error', () => undefined) // seen below as a socket that does not appear
    .unref();
  const until = clock.monotonic() + sessionDaemonStartMs;
  for (;;) {
    await sleep(clock, 50, options.signal);
    try {
      return await dialFirst(candidates, options);
    } catch (error) {
      if (!isKind(error, 'absent', 'refused') || clock.monotonic() > until) {
        throw error;
      }
    }
  }
}

async function findDaemon(driver: string): Promise<string | undefined> {
  for (const name of [`virt${driver}d`, 'libvirtd']) {
    for (const folder of ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin']) {
      const path = `${folder}/${name}`;
      const isExecutable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isExecutable) {
        return path;
      }
    }
  }
  return undefined;
}

function isKind(error: unknown, ...kinds: readonly TransportError['kind'][]): boolean {
  return error instanceof TransportError && kinds.includes(error.kind);
}
