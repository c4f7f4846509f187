import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { homedir } from 'node:os';
import { sleep, type Clock } from '../base/clock.ts';
import { CancelledError } from '../base/errors.ts';
import type { Dialer, DialOptions } from '../libvirt/dialer.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { HostUri } from '../libvirt/uri.ts';
import { socketPaths, type SocketEnvironment, type SocketPlace } from './socketPaths.ts';

/** Longest path a unix socket can have on Linux; macOS allows less and says so itself. */
const maxSocketPathBytes = 107;
const sessionDaemonStartMs = 10_000;

/** What decides which daemons there are to talk to, and to start. */
export interface DialEnvironment extends SocketEnvironment {
  /** Where the daemons' programs are. */
  readonly programFolders: readonly string[];
}

/** The environment of this process. */
export function processEnvironment(): DialEnvironment {
  return {
    isRoot: process.getuid?.() === 0,
    home: homedir(),
    xdgRuntimeDir: process.env['XDG_RUNTIME_DIR'],
    xdgCacheHome: process.env['XDG_CACHE_HOME'],
    systemFolder: '/run/libvirt',
    programFolders: ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'],
  };
}

/** The way to a daemon of this machine. A URI that leads elsewhere, or nowhere, is refused when dialled. */
export function createUnixDialer(
  uri: HostUri,
  clock: Clock,
  environment: DialEnvironment = processEnvironment(),
): Dialer {
  const candidates = socketPaths(uri, environment);
  return {
    place: candidates.map(({ socket }) => socket).join(' or '),
    dial: async (options) => {
      const mistake = mistakeIn(uri, candidates);
      if (mistake !== undefined) {
        throw new TransportError('unsupported', mistake);
      }
      try {
        return await dialFirst(candidates, options);
      } catch (error) {
        if (mayStartDaemon(uri, environment) && isKind(error, 'absent', 'refused')) {
          return await dialStartedDaemon(candidates, environment, options, clock, error);
        }
        throw error;
      }
    },
  };
}

/** Whether a daemon that does not run at this URI is there to be started by who dials it. */
export async function canStartDaemon(uri: HostUri, environment: DialEnvironment): Promise<boolean> {
  return (
    mayStartDaemon(uri, environment) &&
    (await findDaemon(socketPaths(uri, environment), environment)).program !== undefined
  );
}

/** A person's own daemon is theirs to start; root's is the system's. */
function mayStartDaemon(uri: HostUri, { isRoot }: DialEnvironment): boolean {
  return uri.path === '/session' && !isRoot && uri.parameters['socket'] === undefined;
}

/** Why a URI does not lead to a socket of this machine. */
function mistakeIn(uri: HostUri, candidates: readonly SocketPlace[]): string | undefined {
  if (uri.transport !== 'unix') {
    return `"${uri.text}" leads to another machine, which cannot be reached from here yet.`;
  }
  if (candidates.length === 0) {
    return `libvirt has no daemon of its own for the driver "${uri.driver}": leave mode=direct out of "${uri.text}".`;
  }
  return undefined;
}

/** Tries the candidates in order; a socket that refuses for want of rights is the one meant, so it decides. */
async function dialFirst(
  candidates: readonly SocketPlace[],
  options: DialOptions,
): Promise<Socket> {
  const paths = candidates.map((place) => (options.readOnly ? place.readOnly : place.socket));
  let failure: unknown;
  for (const path of paths) {
    try {
      return await dialPath(path, options);
    } catch (error) {
      if (!(error instanceof TransportError) || isKind(error, 'permission')) {
        throw error;
      }
      // A refusal says more than an absence
      if (failure === undefined || (isKind(failure, 'absent') && !isKind(error, 'absent'))) {
        failure = error;
      }
    }
  }
  if (isKind(failure, 'absent') && paths.length > 1) {
    throw new TransportError(
      'absent',
      `No libvirt daemon listens here: there is neither ${paths.join(' nor ')}. ` +
        'Install libvirt (Debian: libvirt-daemon-system) and start it, or add a host over SSH.',
      { cause: failure },
    );
  }
  throw failure;
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
  candidates: readonly SocketPlace[],
  environment: DialEnvironment,
  options: DialOptions,
  clock: Clock,
  cause: unknown,
): Promise<Socket> {
  const { names, program } = await findDaemon(candidates, environment);
  if (program === undefined) {
    throw new TransportError(
      'absent',
      `No libvirt session daemon runs, and none is installed to start (${names.join(' or ')}). Install libvirt (Debian: libvirt-daemon).`,
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
      if (!isKind(error, 'absent', 'refused')) {
        throw error;
      }
      if (clock.monotonic() > until) {
        throw new TransportError(
          'refused',
          `The libvirt session daemon ${program} was started but does not listen after ${sessionDaemonStartMs / 1000} s. Run it yourself in a terminal to see why.`,
          { cause: error },
        );
      }
    }
  }
}

/** The daemon that listens at one of these places, if it is installed, and what it may be called. */
async function findDaemon(
  candidates: readonly SocketPlace[],
  { programFolders }: DialEnvironment,
): Promise<{ readonly names: readonly string[]; readonly program: string | undefined }> {
  const names = candidates.flatMap(({ daemon }) => daemon ?? []);
  return { names, program: await findProgram(names, programFolders) };
}

/** The first that is installed. */
async function findProgram(
  names: readonly string[],
  folders: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of folders) {
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
