import type { SshClient } from '../ssh/sharedHost.ts';
import type { SshEnvironment } from '../ssh/sshEnvironment.ts';
import type { SshContext } from '../ssh/sshHost.ts';
import { OpenSshConnection } from './openSshConnection.ts';

/** The user's own OpenSSH. */
export function openSshClient(context: SshContext, environment: SshEnvironment): SshClient {
  return {
    name: 'openssh',
    open: (target, options) =>
      OpenSshConnection.open(target, { ...context, environment, ...options }),
  };
}
