import type { SshClient } from '../ssh/sharedHost.ts';
import type { SshContext } from '../ssh/sshHost.ts';
import { OpenSshConnection, type OpenSshOptions } from './openSshConnection.ts';

/** The user's own OpenSSH. */
export function openSshClient(
  context: SshContext,
  own: Pick<OpenSshOptions, 'environment' | 'secrets'>,
): SshClient {
  return {
    name: 'openssh',
    open: (target, options) => OpenSshConnection.open(target, { ...context, ...own, ...options }),
  };
}
