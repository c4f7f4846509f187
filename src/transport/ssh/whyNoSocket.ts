import { TransportError, type SocketWay } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import type { FarEnd, SocketState } from './farEnd.ts';
import type { SshTarget } from './sshTarget.ts';

export interface NoSocket {
  readonly uri: HostUri;
  readonly target: Pick<SshTarget, 'alias' | 'user'>;
  readonly readOnly: boolean;
  /** The sockets that were meant, best first. */
  readonly paths: readonly string[];
  /** What a look at the far end found, after all ways had failed. */
  readonly farEnd: FarEnd | undefined;
  readonly tried: readonly { readonly way: SocketWay; readonly reason: string }[];
}

/** Says why no way led to a socket: the server's own answer is the same for all reasons, so it was looked at. */
export function whyNoSocket(facts: NoSocket): TransportError {
  const { target, readOnly, paths, farEnd, tried } = facts;
  const failure = { about: 'socket', tried } as const;
  const states = paths.map((path) => farEnd?.sockets.get(path) ?? 'missing');
  const first = (state: SocketState): string => paths[states.indexOf(state)] ?? '';
  const ways = tried.map(({ way, reason }) => `${wayNames[way]}: ${reason}`).join('; ');
  const made = (kind: TransportError['kind'], text: string): TransportError =>
    new TransportError(kind, `${text} (${ways})`, { failure });
  if (!farEnd) {
    return made(
      'forbidden',
      `The SSH server of ${target.alias} let ${target.user} in, but forbids both forwarding to a socket and running a command. Allow one of them: AllowStreamLocalForwarding yes in sshd_config, or no ForceCommand and MaxSessions of at least 1.`,
    );
  }
  if (states.includes('listening')) {
    return made(
      'forbidden',
      `The libvirt daemon of ${target.alias} listens on ${first('listening')}, but no way leads to it. Allow forwarding to sockets there (AllowStreamLocalForwarding yes in sshd_config), or install virt-ssh-helper, which comes with libvirt's daemon, or netcat (Debian: netcat-openbsd).`,
    );
  }
  if (states.includes('forbidden')) {
    return made(
      'permission',
      readOnly
        ? `${target.user} may not even look at the libvirt daemon of ${target.alias}: ${first('forbidden')} is closed to others.`
        : `${target.user} may not use ${first('forbidden')} on ${target.alias}: it belongs to the group libvirt. Join it there (sudo usermod -aG libvirt ${target.user}), then connect again.`,
    );
  }
  if (states.includes('silent')) {
    return made(
      'refused',
      `Nobody listens on ${first('silent')} on ${target.alias}: the libvirt daemon has stopped. Start it there (systemctl start libvirtd).`,
    );
  }
  return made(
    'absent',
    `No libvirt daemon listens on ${target.alias}: there is neither ${paths.join(' nor ')}. Install libvirt there (Debian: libvirt-daemon-system) and start it.`,
  );
}

const wayNames: Readonly<Record<SocketWay, string>> = {
  forward: 'forwarding by the SSH server',
  helper: 'virt-ssh-helper',
  netcat: 'netcat',
};
