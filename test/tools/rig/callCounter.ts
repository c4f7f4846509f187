import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

/** A socket that leads to a daemon's, and counts what it is asked. */
export interface CallCounter {
  readonly socketPath: string;
  /** How often a procedure was called so far, over all connections. */
  count(procedure: number): number;
  close(): void;
}

/** Words of four bytes in front of a message: its length, program, version and procedure. */
const headBytes = 16;

/** Listens on a socket of its own that anybody may use, and passes everything on to the daemon's. */
export async function countCalls(daemonSocket: string): Promise<CallCounter> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vm-deck-calls-'));
  const socketPath = path.join(folder, 'libvirt-sock');
  const counts = new Map<number, number>();
  const open = new Set<net.Socket>();

  const server = net.createServer((client) => {
    const daemon = net.connect(daemonSocket);
    let rest = Buffer.alloc(0);
    client.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= headBytes && rest.length >= rest.readUInt32BE(0)) {
        const procedure = rest.readUInt32BE(12);
        counts.set(procedure, (counts.get(procedure) ?? 0) + 1);
        rest = rest.subarray(rest.readUInt32BE(0));
      }
    });
    client.pipe(daemon).pipe(client);
    for (const socket of [client, daemon]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        daemon.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    count: (procedure) => counts.get(procedure) ?? 0,
    close: () => {
      server.close();
      for (const socket of open) {
        socket.destroy();
      }
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
