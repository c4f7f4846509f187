import type { HostUri } from '../libvirt/uri.ts';

/** What of the environment decides where daemons keep their sockets. */
export interface SocketEnvironment {
  readonly isRoot: boolean;
  readonly home: string | undefined;
  readonly xdgRuntimeDir: string | undefined;
  readonly xdgCacheHome: string | undefined;
  /** Where system daemons have their sockets: `/run/libvirt`. */
  readonly systemFolder: string;
}

/** A socket a daemon may listen on. */
export interface SocketPlace {
  readonly socket: string;
  /** Where those connect who only want to look: its sister of a system daemon, a user's own socket itself. */
  readonly readOnly: string;
  /** The program that listens there, as far as the socket's name tells. */
  readonly daemon: string | undefined;
}

/**
 * Where a daemon for a URI may listen, best first: one that serves only this driver, then the one for all. Empty
 * if the URI allows only a daemon of a kind that its driver does not have.
 * The places are those of libvirt's remote driver (src/remote/remote_sockets.c).
 */
export function socketPaths(uri: HostUri, environment: SocketEnvironment): readonly SocketPlace[] {
  const { socket, mode } = uri.parameters;
  // For root libvirt knows no session: its clients go to the system daemon
  const isSession = uri.path === '/session' && !environment.isRoot;
  if (socket !== undefined) {
    const isOnlyOne = isSession || socket.endsWith('-ro');
    return [{ socket, readOnly: isOnlyOne ? socket : `${socket}-ro`, daemon: undefined }];
  }
  const daemons: string[] = [];
  if (mode !== 'legacy' && uri.driver !== 'test') {
    daemons.push(`virt${uri.driver}d`);
  }
  if (mode !== 'direct') {
    daemons.push('libvirtd');
  }
  const folder = isSession ? sessionFolder(environment) : environment.systemFolder;
  return daemons.map((daemon) => {
    const place = `${folder}/${daemon === 'libvirtd' ? 'libvirt' : daemon}-sock`;
    return { socket: place, readOnly: isSession ? place : `${place}-ro`, daemon };
  });
}

/** As GLib finds it, to which a variable that is set to nothing is not set. */
function sessionFolder(environment: SocketEnvironment): string {
  const { home = '', xdgRuntimeDir = '', xdgCacheHome = '' } = environment;
  if (xdgRuntimeDir !== '') {
    return `${xdgRuntimeDir}/libvirt`;
  }
  return `${xdgCacheHome === '' ? `${home}/.cache` : xdgCacheHome}/libvirt`;
}
