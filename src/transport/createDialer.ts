import type { Clock } from '../base/clock.ts';
import type { Dialer } from '../libvirt/dialer.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { HostUri } from '../libvirt/uri.ts';
import type { SshClientChoice } from './ssh/sshTarget.ts';
import type { SshWays } from './sshWays.ts';
import { createUnixDialer } from './unixDialer.ts';

/**
 * The way to the daemon that a URI names.
 * @param choice which SSH client; the one that can, unless it says so
 * @param ssh the ways over SSH, which belong to the window or program; without, there are none
 * @throws TransportError of kind `unsupported` for a transport we cannot use: a URI of another machine must never
 * reach this one's daemon.
 */
export function createDialer(
  uri: HostUri,
  clock: Clock,
  choice?: SshClientChoice,
  ssh?: SshWays,
): Dialer {
  if (uri.transport === 'ssh') {
    if (!ssh) {
      throw new TransportError(
        'unsupported',
        `"${uri.text}" is on another machine; here are only hosts of this one: qemu:///system, qemu:///session.`,
      );
    }
    return ssh.dialer(uri, choice);
  }
  if (uri.driver === 'demo') {
    throw new TransportError(
      'unsupported',
      `"${uri.text}" is a simulated host, which lives in the editor only. For one that others can reach start vm-deck-demo --socket PATH and use qemu:///system?socket=PATH.`,
    );
  }
  return createUnixDialer(uri, clock);
}
