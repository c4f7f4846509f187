import type { CommandStream } from './reachSocket.ts';
import type { SshClient } from './sharedHost.ts';
import { Ssh2Connection, type Ssh2Options } from './ssh2Connection.ts';
import type { SshContext } from './sshHost.ts';

const keptComplaintBytes = 2_000;

/** Our own SSH client. */
export function ssh2Client(
  context: SshContext,
  own: Pick<Ssh2Options, 'secrets' | 'jumps' | 'openSsh'>,
): SshClient {
  return {
    name: 'ssh2',
    open: async (target, options) => {
      const connection = await Ssh2Connection.open(target, { ...context, ...own, ...options });
      return {
        get isClosed() {
          return connection.isClosed;
        },
        onDidClose: connection.onDidClose,
        close: () => {
          connection.close();
        },
        forward: (socketPath, signal) => connection.forward(socketPath, signal),
        exec: async (command, signal): Promise<CommandStream> => {
          const stream = await connection.exec(command, signal);
          let complaint = '';
          stream.stderr.on('data', (chunk: Buffer) => {
            complaint = (complaint + chunk.toString('utf8')).slice(-keptComplaintBytes);
          });
          return { stream, complaint: () => complaint };
        },
      };
    },
  };
}
