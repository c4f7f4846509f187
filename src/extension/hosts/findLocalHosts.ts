import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Dialer } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import { openConnection } from '../../libvirt/openConnection.ts';
import { parseHostUri, type HostUri } from '../../libvirt/uri.ts';
import type { L10n } from '../l10n.ts';

/** A libvirt of this machine. */
export interface LocalHost {
  readonly uri: string;
  /** What it is, and how it stands, in a few words. */
  readonly description: string;
  readonly detail: string;
}

export interface FindOptions {
  readonly l10n: L10n;
  readonly createDialer: (uri: HostUri, clock: Clock) => Dialer;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The drivers that people run VMs with, the usual one first. */
const candidates = ['qemu:///system', 'xen:///system', 'lxc:///system'];
const deadlineMs = 2_000;

/** The daemons of this machine that answer, or would if we were allowed. */
export async function findLocalHosts(options: FindOptions): Promise<readonly LocalHost[]> {
  const { l10n } = options;
  const found = await Promise.all(candidates.map((uri) => look(uri, options)));
  const session: LocalHost = {
    uri: 'qemu:///session',
    description: l10n.t('VMs of your own user'),
    detail: l10n.t('Its daemon is started when it is needed'),
  };
  // For root libvirt knows no session
  return [
    ...found.filter((host) => host !== undefined),
    ...(process.getuid?.() === 0 ? [] : [session]),
  ];
}

async function look(
  text: string,
  { createDialer, clock, log, l10n, signal }: FindOptions,
): Promise<LocalHost | undefined> {
  const uri = parseHostUri(text);
  const dialer = createDialer(uri, clock);
  const host = { uri: text, detail: dialer.place };
  try {
    (await openConnection({ uri, dialer, clock, log, signal, deadlineMs })).close();
    return { ...host, description: l10n.t('answers') };
  } catch (error) {
    if (error instanceof TransportError && error.kind === 'permission') {
      return { ...host, description: l10n.t('there, but you may not use it') };
    }
    return undefined;
  }
}
