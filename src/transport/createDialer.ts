import type { Clock } from '../base/clock.ts';
import type { Dialer } from '../libvirt/dialer.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { HostUri } from '../libvirt/uri.ts';
import { createUnixDialer } from './unixDialer.ts';

/**
 * The way to the daemon that a URI names.
 * @throws TransportError of kind `unsupported` for a transport we cannot use: a URI of another machine must never
 * reach this one's daemon.
 */
export function createDialer(uri: HostUri, clock: Clock): Dialer {
  if (uri.transport === 'ssh') {
    throw new TransportError(
      'unsupported',
      `"${uri.text}" is reached over SSH, which is not supported yet. Hosts of this machine are: qemu:///system, qemu:///session.`,
    );
  }
  if (uri.driver === 'demo') {
    throw new TransportError(
      'unsupported',
      `"${uri.text}" is a simulated host, which lives in the editor only. For one that others can reach start vm-deck-demo --socket PATH and use qemu:///system?socket=PATH.`,
    );
  }
  return createUnixDialer(uri, clock);
}
