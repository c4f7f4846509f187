import { sleep, systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { HostSession } from '../inventory/hostSession.ts';
import { Inventory } from '../inventory/inventory.ts';
import { allGroups } from '../inventory/sampler.ts';
import { createSharing } from '../inventory/sharing.ts';
import { parseHostUri } from '../libvirt/uri.ts';
import { createDialer } from '../transport/createDialer.ts';
import { SshWays } from '../transport/sshWays.ts';
import { parseDoorOptions, usage, type DoorOptions } from './door/options.ts';
import { reportHost } from './door/report.ts';
import { renderText } from './door/textReport.ts';
import { changeToJson, renderChange } from './door/watchLines.ts';

/** Rates need two readings. */
const betweenReadingsMs = 1_000;
const clock = systemClock;
const sharing = createSharing(clock);
/** Nobody is there to be asked: keys come from an agent, a file without passphrase, or the service manager. */
const ssh = new SshWays({ clock, log: silentLog, prompts: undefined });

async function main(): Promise<number> {
  const options = parseDoorOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if ('wrong' in options) {
    complain(options.wrong);
    process.stderr.write(usage);
    return 2;
  }
  const inventory = new Inventory(clock);
  try {
    for (const uri of options.uris) {
      inventory.add(createSession(uri, options.readOnly), { samplesInBackground: false });
    }
  } catch (error) {
    inventory.dispose();
    complain(messageOf(error));
    return 2;
  }
  try {
    return options.mode === 'once'
      ? await once(inventory, options)
      : await watch(inventory, options);
  } finally {
    inventory.dispose();
    ssh.dispose();
  }
}

function createSession(text: string, readOnly: boolean): HostSession {
  const uri = parseHostUri(text);
  return new HostSession({
    name: text,
    uri,
    dialer: createDialer(uri, clock, 'auto', ssh),
    clock,
    log: silentLog,
    readOnly,
    sharing,
  });
}

/** Reads every host at the same time; one that fails does not keep the others from being printed. */
async function once(inventory: Inventory, { format }: DoorOptions): Promise<number> {
  const failures = await Promise.all(inventory.sessions.map(readOnce));
  const reports = inventory.sessions.map(reportHost);
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify({ hosts: reports }, unknownAsNull, 2)}\n`);
  } else {
    const read = reports.filter((_, index) => failures[index] === undefined);
    process.stdout.write(read.map(renderText).join('\n'));
  }
  for (const [index, failure] of failures.entries()) {
    if (failure !== undefined) {
      complain(`${reports[index]?.uri ?? ''}: ${failure}`);
    }
  }
  return failures.some((failure) => failure !== undefined) ? 1 : 0;
}

/** @returns why the host could not be read, if so. */
async function readOnce(session: HostSession): Promise<string | undefined> {
  const failure = await connected(session);
  if (failure === undefined) {
    await session.sampler.sampleNow(allGroups);
    await sleep(clock, betweenReadingsMs);
    await session.sampler.sampleNow(allGroups);
  }
  return failure;
}

/** Waits until a host was read once, or its first attempt failed. */
function connected(session: HostSession): Promise<string | undefined> {
  return new Promise((resolve) => {
    const subscription = session.onDidChange(() => {
      const { status, readAt } = session.snapshot;
      if ('cause' in status) {
        subscription.dispose();
        resolve(status.cause);
      } else if (readAt !== undefined && status.state !== 'connecting') {
        subscription.dispose();
        resolve(undefined);
      }
    });
    session.connect();
  });
}

/** Prints changes until interrupted. */
async function watch(inventory: Inventory, { format }: DoorOptions): Promise<number> {
  inventory.onDidChange(({ host, changes }) => {
    for (const change of changes) {
      const at = clock.now();
      const line =
        format === 'json' ? changeToJson(host, at, change) : prefix(host, at, renderChange(change));
      if (line !== undefined) {
        process.stdout.write(`${line}\n`);
      }
    }
  });
  // What libvirt sends no event for shows within a minute; figures are not asked for
  const looking = inventory.observe({ intervalMs: 30_000, groups: 0, isVisible: true });
  for (const session of inventory.sessions) {
    session.connect();
  }
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  looking.dispose();
  return 0;
}

function prefix(host: string, at: number, line: string | undefined): string | undefined {
  return line === undefined ? undefined : `${timeOfDay.format(at)} ${host}: ${line}`;
}

/** What is not known is said, not left out. */
function unknownAsNull(_key: string, value: unknown): unknown {
  return value === undefined ? null : value;
}

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

function complain(text: string): void {
  process.stderr.write(`vm-deck-exporter: ${text}\n`);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `vm-deck-exporter … | head`: nobody reads any more
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    complain(
      `failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exitCode = 1;
  },
);
