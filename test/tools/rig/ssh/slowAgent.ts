import * as net from 'node:net';

/** `SSH_AGENTC_SIGN_REQUEST`, the kind of message that stands behind its length. */
const signRequest = 13;

/**
 * Stands before an agent and passes on what it is asked; to sign takes it `delayMs`, as if it waited for a touch.
 * @returns what ends it
 */
export async function startSlowAgent(
  socket: string,
  agent: { readonly socket: string },
  delayMs: number,
): Promise<{ stop(): void }> {
  const server = net.createServer((client) => {
    const real = net.connect(agent.socket);
    real.pipe(client);
    client.on('data', (chunk: Buffer) => {
      setTimeout(() => real.write(chunk), chunk[4] === signRequest ? delayMs : 0);
    });
    for (const [one, other] of [
      [client, real],
      [real, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return { stop: () => server.close() };
}
