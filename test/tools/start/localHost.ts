import * as net from 'node:net';
import * as os from 'node:os';

import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { type SocketEnvironment, socketPaths } from '../../../src/transport/socketPaths.ts';

/** A host for VM Deck's settings. */
export interface LocalHost {
  readonly name: string;
  readonly uri: string;
}

/** The user's own daemons come last: it is the system's that has the VMs. */
const uris = ['qemu:///system', 'qemu:///session'] as const;

const limitMs = 2_000;

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    const say = (answer: boolean) => {
      connection.destroy();
      resolve(answer);
    };
    connection.setTimeout(limitMs, () => {
      say(false);
    });
    connection.once('connect', () => {
      say(true);
    });
    connection.once('error', () => {
      say(false);
    });
  });
}

/** Where this process finds libvirt's sockets. */
export function ownSocketEnvironment(): SocketEnvironment {
  return {
    isRoot: process.getuid?.() === 0,
    home: os.homedir(),
    xdgRuntimeDir: process.env['XDG_RUNTIME_DIR'],
    xdgCacheHome: process.env['XDG_CACHE_HOME'],
    systemFolder: '/run/libvirt',
  };
}

/** The libvirt of this machine, if one of its sockets lets us connect. */
export async function localHost(environment: SocketEnvironment): Promise<LocalHost | undefined> {
  for (const uri of uris) {
    for (const { socket } of socketPaths(parseHostUri(uri), environment)) {
      if (await answers(socket)) {
        return { name: os.hostname() || 'This machine', uri };
      }
    }
  }
  return undefined;
}
