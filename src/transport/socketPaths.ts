import type { HostUri } from '../libvirt/uri.ts';

/** What of the environment decides where a user's daemon keeps its socket. */
export interface SocketEnvironment {
  readonly isRoot: boolean;
  readonly home: string | undefined;
  readonly xdgRuntimeDir: string | undefined;
  readonly xdgCacheHome: string | undefined;
}

/** A socket a daemon may listen on, and its read-only sister, which only system daemons have. */
export interface SocketPair {
  readonly socket: string;
  readonly readOnly: string | undefined;
}

/**
 * Where a daemon for a URI may listen, best first: one that serves only this driver, then the one for all.
 * The places are those of libvirt's remote driver (src/remote/remote_sockets.c).
 */
export function socketPaths(uri: HostUri, environment: SocketEnvironment): readonly SocketPair[] {
  const { socket, mode } = uri.parameters;
  if (socket !== undefined) {
    return [{ socket, readOnly: socket.endsWith('-ro') ? socket : `${socket}-ro` }];
  }
  const names = [`virt${uri.driver}d-sock`, 'libvirt-sock'].filter(
    (name) =>
      (name !== 'libvirt-sock' || mode !== 'direct') &&
      (name === 'libvirt-sock' || (mode !== 'legacy' && uri.driver !== 'test')),
  );
  // For root libvirt knows no session: its clients go to the system daemon
  const isSession = uri.path === '/session' && !environment.isRoot;
  return names.map((name) =>
    isSession
      ? { socket: `${sessionFolder(environment)}/${name}`, readOnly: undefined }
      : { socket: `/run/libvirt/${name}`, readOnly: `/run/libvirt/${name}-ro` },
  );
}

function sessionFolder(environment: SocketEnvironment): string {
  if (environment.xdgRuntimeDir !== undefined) {
    return `${environment.xdgRuntimeDir}/libvirt`;
  }
  const cache = environment.xdgCacheHome ?? `${environment.home ?? ''}/.cache`;
  return `${cache}/libvirt`;
}
