import { systemClock } from '../../../src/base/clock.ts';
import { silentLog, type Log } from '../../../src/base/log.ts';
import { HostSession, type HostSessionOptions } from '../../../src/inventory/hostSession.ts';
import type { Domain } from '../../../src/model/domain.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { createUnixDialer } from '../../../src/transport/unixDialer.ts';

/** A session to a rig's daemon, not yet connected. */
export function createSession(
  socketPath: string,
  options: Partial<HostSessionOptions> & { readonly driver?: string } = {},
): HostSession {
  const { driver = 'qemu+unix:///system', ...rest } = options;
  const uri = parseHostUri(`${driver}?socket=${socketPath}`);
  return new HostSession({
    name: 'rig',
    uri,
    dialer: createUnixDialer(uri, systemClock),
    clock: systemClock,
    log: process.env['VM_DECK_TEST_LOG'] === undefined ? silentLog : consoleLog,
    ...rest,
  });
}

/** A connected session that was read once. */
export async function openSession(...args: Parameters<typeof createSession>): Promise<HostSession> {
  const session = createSession(...args);
  session.connect();
  await session.whenReady(AbortSignal.timeout(20_000));
  return session;
}

/** Waits until something is true of the session, looking at each change and a few times a second. */
export async function until<T>(
  session: HostSession,
  what: string,
  look: () => T | undefined | false,
  timeoutMs = 20_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) {
      return found;
    }
    if (performance.now() > end) {
      throw new Error(
        `not within ${timeoutMs} ms: ${what}; status ${JSON.stringify(session.snapshot.status)}`,
      );
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, 100);
      const subscription = session.onDidChange(done);
      function done(): void {
        clearTimeout(timer);
        subscription.dispose();
        resolve();
      }
    });
  }
}

export function domainNamed(session: HostSession, name: string): Domain | undefined {
  return [...session.snapshot.domains.values()].find((domain) => domain.name === name);
}

const consoleLog: Log = {
  trace: print,
  debug: print,
  info: print,
  warn: print,
  error: print,
};

function print(message: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(3)} ${message}\n`);
}
