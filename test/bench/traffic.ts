import { once } from 'node:events';
import * as fs from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { FrameDecoder, messageType } from '../../src/libvirt/frame.ts';
import { program } from '../../src/libvirt/protocol/procedure.ts';

/** What went over a socket. */
interface Traffic {
  readonly calls: number;
  readonly bytes: number;
}

/** Lets something talk to a daemon through a socket of ours, and counts. Slower so: time it by itself. */
export async function countTraffic(
  daemonSocket: string,
  action: (socketPath: string) => Promise<unknown>,
): Promise<Traffic> {
  const count = { calls: 0, bytes: 0 };
  const ends: Socket[] = [];
  const server = createServer((client) => {
    const daemon = connect(daemonSocket);
    const decoder = new FrameDecoder();
    ends.push(client, daemon);
    client.on('data', (chunk) => {
      count.bytes += chunk.length;
      for (const { header } of decoder.push(chunk)) {
        const isCall = header.program === program.remote && header.type === messageType.call;
        count.calls += isCall ? 1 : 0;
      }
    });
    daemon.on('data', (chunk) => {
      count.bytes += chunk.length;
    });
    client.pipe(daemon).pipe(client);
    for (const socket of [client, daemon]) {
      socket.on('error', () => undefined); // either side may leave first
    }
  });
  const path = `${daemonSocket}-counted`;
  server.listen(path);
  await once(server, 'listening');
  try {
    await action(path);
    return { ...count };
  } finally {
    for (const socket of ends) {
      socket.destroy();
    }
    server.close();
    fs.rmSync(path, { force: true });
  }
}
