import { execa } from 'execa';
import type { SshEnvironment } from './sshEnvironment.ts';

/** What SSH calls logging in with a ticket. */
export const kerberosMethod = 'gssapi-with-mic';

const timeoutMs = 5_000;

/** Whether the user has a Kerberos ticket that is good now (`klist -s`); not if Kerberos is not installed. */
export async function hasKerberosTicket(
  { variables }: Pick<SshEnvironment, 'variables'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { exitCode } = await execa('klist', ['-s'], {
    stdin: 'ignore',
    reject: false,
    extendEnv: false,
    env: variables,
    timeout: timeoutMs,
    cancelSignal: signal,
  });
  return exitCode === 0;
}
