import * as vscode from 'vscode';
import type { Clock } from '../../../base/clock.ts';
import type { Dialer } from '../../../libvirt/dialer.ts';
import type { HostUri } from '../../../libvirt/uri.ts';
import { findLocalHosts } from '../../../transport/findLocalHosts.ts';
import { tryConnection } from '../../hosts/tryConnection.ts';
import type { SshClientChoice } from '../../../transport/ssh/sshTarget.ts';
import { HostsSetting } from '../../settings/hostsSetting.ts';
import type { CommandHandler } from '../register.ts';
import { hostCommands, type HostCommandOptions } from './hostCommands.ts';

export interface ComposeHostsOptions extends Pick<
  HostCommandOptions,
  'selection' | 'registry' | 'hostsView' | 'findSshHosts' | 'kept' | 'turns' | 'clock' | 'log'
> {
  /** @throws TransportError for a URI that we have no way to. */
  readonly createDialer: (uri: HostUri, clock: Clock, ssh?: SshClientChoice) => Dialer;
}

/** Puts the commands about hosts together. */
export function composeHosts({
  createDialer,
  ...options
}: ComposeHostsOptions): Readonly<Record<string, CommandHandler>> {
  const { clock, log } = options;
  const dialling = { createDialer, clock, log, l10n: vscode.l10n };
  return hostCommands({
    ...options,
    hostsSetting: new HostsSetting(log),
    checkUri: (uri) => createDialer(uri, clock),
    findLocalHosts: ({ signal }) => findLocalHosts({ clock, log, signal }),
    tryConnection: (uri, attempt) => tryConnection(uri, { ...dialling, ...attempt }),
  });
}
