import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { DemoDaemon } from './demoDaemon.ts';
import { parseDemoOptions, usage } from './demoOptions.ts';

async function main(): Promise<number> {
  // First of all: until then the signal makes node listen for a debugger
  process.on('SIGUSR1', printUse);
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if ('wrong' in options) {
    complain(options.wrong);
    process.stderr.write(usage);
    return 2;
  }
  let daemon: DemoDaemon;
  try {
    daemon = new DemoDaemon({ ...options, clock: systemClock });
  } catch (error) {
    complain(messageOf(error));
    return 2;
  }
  const servers = await Promise.all([
    listen(options.socket, daemon, false),
    listen(`${options.socket}-ro`, daemon, true),
  ]);
  process.stdout.write(
    `${daemon.world.size} simulated VMs, seed ${options.seed}: qemu:///system?socket=${options.socket}\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  for (const server of servers) {
    server.close();
  }
  daemon.dispose();
  printUse();
  return 0;
}

/** Takes the place of a socket that nobody listens on any more, but of nothing else. */
async function listen(path: string, daemon: DemoDaemon, isReadOnly: boolean): Promise<Server> {
  if (await isAbandoned(path)) {
    rmSync(path, { force: true });
  }
  const server = createServer((socket) => {
    daemon.accept(socket, { isReadOnly });
  });
  server.listen(path);
  await once(server, 'listening');
  return server;
}

function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED');
    });
  });
}

/** So that figures of those who use the demo are theirs alone. */
function printUse(): void {
  const { user, system } = process.cpuUsage();
  const { rss } = process.memoryUsage();
  process.stdout.write(
    `vm-deck-demo: ${(user / 1e6).toFixed(2)} s user, ${(system / 1e6).toFixed(2)} s system, ${Math.round(rss / 1_048_576)} MiB\n`,
  );
}

function complain(text: string): void {
  process.stderr.write(`vm-deck-demo: ${text}\n`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    complain(messageOf(error));
    process.exitCode = 1;
  },
);
