import type { SocketWay } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import { socketPaths, type SocketEnvironment, type SocketPlace } from '../socketPaths.ts';

/** What a look at the far end found; commands may be forbidden there, then nothing is known. */
export interface FarEnd {
  readonly environment: SocketEnvironment;
  /** By path: how a socket stands for us. */
  readonly sockets: ReadonlyMap<string, SocketState>;
  /** Programs that could be found. */
  readonly programs: ReadonlySet<string>;
}

/** `silent`: the socket is there and may be used, but nobody listens on it. */
export type SocketState = 'missing' | 'forbidden' | 'silent' | 'listening';

/** For the user's shell of the far end, whichever it is; only POSIX's `sh` reads what is inside. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A command that looks what there is at the far end. Each line that counts begins with `mark`: what a shell's start-up
 * files or a banner say in between does not.
 */
export function lookCommand(mark: string, uri: HostUri): string {
  const { socket } = uri.parameters;
  const named = socket === undefined ? [] : [socket, `${socket}-ro`];
  const daemons = [`virt${uri.driver}d`, 'libvirt'].flatMap((name) => [
    `${name}-sock`,
    `${name}-sock-ro`,
  ]);
  // Listeners are compared by their last name: what leads to the folder may be linked or mounted
  const script = [
    `m=${mark}`,
    'say() { printf "%s %s %s\\n" "$m" "$1" "$2"; }',
    'say uid "$(id -u)"; say home "$HOME"; say runtime "$XDG_RUNTIME_DIR"; say cache "$XDG_CACHE_HOME"',
    'for p in virt-ssh-helper nc; do command -v $p >/dev/null 2>&1 && say program $p; done',
    'look() { s=listening; if [ ! -S "$1" ]; then s=missing; elif [ ! -w "$1" ]; then s=forbidden; elif [ -r /proc/net/unix ] && ! grep -q "00010000 .*/${1##*/}\\$" /proc/net/unix; then s=silent; fi; say "socket:$s" "$1"; }',
    'u="${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/libvirt}"; u="${u:-${XDG_CACHE_HOME:-$HOME/.cache}/libvirt}"',
    `for n in ${daemons.join(' ')}; do look "/run/libvirt/$n"; look "/var/run/libvirt/$n"; look "$u/$n"; done`,
    `for s in ${named.map(shellQuote).join(' ')}; do look "$s"; done`,
    'say end .',
  ].join('\n');
  return `sh -c ${shellQuote(script)}`;
}

/** Reads what {@link lookCommand} printed. @returns undefined if it did not get to its end */
export function parseLook(output: string, mark: string): FarEnd | undefined {
  const facts = new Map<string, string>();
  const sockets = new Map<string, SocketState>();
  const programs = new Set<string>();
  for (const line of output.split('\n')) {
    const at = line.indexOf(`${mark} `);
    if (at < 0) {
      continue;
    }
    const [name = '', ...rest] = line.slice(at + mark.length + 1).split(' ');
    const value = rest.join(' ').replace(/\r$/, '');
    if (name === 'program') {
      programs.add(value);
    } else if (name.startsWith('socket:')) {
      sockets.set(value, name.slice('socket:'.length) as SocketState);
    } else {
      facts.set(name, value);
    }
  }
  if (!facts.has('end')) {
    return undefined;
  }
  const exists = (folder: string): boolean =>
    [...sockets].some(([path, state]) => path.startsWith(`${folder}/`) && state !== 'missing');
  return {
    environment: {
      isRoot: facts.get('uid') === '0',
      home: facts.get('home'),
      xdgRuntimeDir: facts.get('runtime'),
      xdgCacheHome: facts.get('cache'),
      systemFolder:
        !exists('/run/libvirt') && exists('/var/run/libvirt') ? '/var/run/libvirt' : '/run/libvirt',
    },
    sockets,
    programs,
  };
}

/** Where the daemon may listen at the far end, best first; guessed from the user's name if nothing is known. */
export function farPlaces(
  uri: HostUri,
  farEnd: FarEnd | undefined,
  user: string,
): readonly SocketPlace[] {
  const environment = farEnd?.environment ?? {
    isRoot: user === 'root',
    home: user === 'root' ? '/root' : `/home/${user}`,
    xdgRuntimeDir: undefined,
    xdgCacheHome: undefined,
    systemFolder: '/run/libvirt',
  };
  return socketPaths(uri, environment);
}

/**
 * The ways that a URI allows, in the order in which they are tried. `proxy=` is libvirt's own word for them. libvirt's
 * helper finds the socket by itself, so it is no way to one that the URI names.
 */
export function waysFor(uri: HostUri, remembered: SocketWay | undefined): readonly SocketWay[] {
  const { socket, proxy } = uri.parameters;
  const all: readonly SocketWay[] =
    socket === undefined ? ['forward', 'helper', 'netcat'] : ['forward', 'netcat'];
  switch (proxy) {
    case 'netcat':
      return ['netcat'];
    case 'native':
      return all.filter((way) => way === 'helper');
    default:
      return remembered ? [remembered, ...all.filter((way) => way !== remembered)] : all;
  }
}

/**
 * A command that connects its input and output to the daemon's socket, after a line that is just `mark`: all that
 * comes before is not the daemon's.
 */
export function proxyCommand(
  way: 'helper' | 'netcat',
  mark: string,
  uri: HostUri,
  socketPath: string,
  readOnly: boolean,
): string {
  const say = `printf "%s\\n" ${mark}`;
  if (way === 'helper') {
    const { mode } = uri.parameters;
    const asked = `${uri.daemonUri}${mode === undefined ? '' : `?mode=${mode}`}`;
    const flag = readOnly ? '-r ' : '';
    return `sh -c ${shellQuote(`${say}; exec virt-ssh-helper ${flag}${shellQuote(asked)}`)}`;
  }
  const path = shellQuote(socketPath);
  // One that knows -q would else outlive us; another takes it for an error
  const script = `${say}; if nc -q 2>&1 | grep "requires an argument" >/dev/null 2>&1; then exec nc -q0 -U ${path}; else exec nc -U ${path}; fi`;
  return `sh -c ${shellQuote(script)}`;
}
