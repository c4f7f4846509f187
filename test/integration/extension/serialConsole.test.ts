import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { SerialConsole } from '../../../src/extension/terminals/serialConsole.ts';
import { Inventory } from '../../../src/inventory/inventory.ts';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { openConsole } from '../../../src/operations/console.ts';
import { plainL10n } from '../../fakes/plainL10n.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import { sharedGuest, sharedHost } from '../../tools/rig/sharedHost.ts';
import { createSession, domainNamed } from '../inventory/rigSession.ts';

/** A console in a terminal that a test reads and types in. */
class Terminal {
  readonly console: SerialConsole;
  text = '';
  foundInUse = 0;

  constructor(inventory: Inventory, uuid: string) {
    this.console = new SerialConsole({
      host: 'rig',
      uuid,
      inventory,
      open: openConsole,
      clock: systemClock,
      log: silentLog,
      l10n: plainL10n,
    });
    this.console.onDidWrite((more) => {
      this.text += more;
    });
    this.console.onDidFindInUse(() => {
      this.foundInUse++;
    });
    this.console.open({ rows: 41, columns: 123 });
  }

  /** Waits until the terminal shows something. */
  async shows(wanted: RegExp, timeoutMs = 20_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!wanted.test(this.text)) {
      if (performance.now() > end) {
        throw new Error(
          `${String(wanted)} was not shown: ${JSON.stringify(this.text.slice(-2_000))}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('a serial console of a real guest', function () {
  this.timeout(120_000);
  let inventory: Inventory;
  let session: HostSession;
  const terminals: Terminal[] = [];

  function open(uuid: string): Terminal {
    const terminal = new Terminal(inventory, uuid);
    terminals.push(terminal);
    return terminal;
  }

  before(async () => {
    await sharedGuest();
    session = createSession((await sharedHost()).socketPath);
    inventory = new Inventory(systemClock);
    inventory.add(session, { samplesInBackground: false });
    session.connect();
    await session.whenReady(AbortSignal.timeout(20_000));
  });

  afterEach(() => {
    for (const { console } of terminals.splice(0)) {
      console.dispose();
    }
  });

  after(() => {
    inventory.dispose();
  });

  it('answers what was typed before it was open, characters of any length whole', async () => {
    const terminal = open(domainNamed(session, 'shared')!.uuid);
    terminal.console.handleInput('\recho "sum=$((40 + 2)) €🐧"\r');
    await terminal.shows(/sum=42 €🐧/);
  });

  it('passes on all that a guest writes, in order', async () => {
    const terminal = open(domainNamed(session, 'shared')!.uuid);
    await terminal.shows(/Serial console of shared/);
    terminal.console.handleInput(
      'i=0; while [ $i -lt 3000 ]; do echo "<$i>"; i=$((i+1)); done; echo fin"ish"ed\r',
    );
    await terminal.shows(/finished/, 60_000);
    const numbers = [...terminal.text.matchAll(/<(\d+)>\r?\n/g)].map(([, number]) =>
      Number(number),
    );
    assert.deepEqual(
      numbers,
      Array.from({ length: 3000 }, (_, index) => index),
    );
  });

  it('gives the guest the terminal’s size', async () => {
    const terminal = open(domainNamed(session, 'shared')!.uuid);
    await terminal.shows(/Serial console of shared/);
    const { rows, columns } = terminal.console.size!;
    terminal.console.handleInput(`stty rows ${rows} cols ${columns}; stty size | sed s/^/size=/\r`);
    await terminal.shows(/size=41 123/);
  });

  it('is free for others as soon as it was left, even while it was being opened', async () => {
    const { uuid } = domainNamed(session, 'shared')!;
    for (let round = 0; round < 5; round++) {
      const left = open(uuid);
      left.console.handleInput('\u001d');
    }
    const terminal = open(uuid);
    await terminal.shows(/Serial console of shared/);
    terminal.console.handleInput('echo fr"e"e\r');
    await terminal.shows(/free/);
    terminal.console.handleInput('\u001d');
    const next = open(uuid);
    await next.shows(/Serial console of shared/);
    assert.equal(next.foundInUse, 0);
  });

  it('in use is said to be so, and can be taken over; who had it is told', async () => {
    const { uuid } = domainNamed(session, 'shared')!;
    const first = open(uuid);
    await first.shows(/Serial console of shared/);
    const second = open(uuid);
    await second.shows(/Somebody else has the console of shared open/);
    assert.equal(second.foundInUse, 1);
    second.console.takeOver();
    await first.shows(/The console was closed/);
    second.console.handleInput('\recho mi"n"e\r');
    await second.shows(/mine/);
  });

  describe('whose VM goes off and on', () => {
    let guest: Guest;

    before(async () => {
      guest = await (await sharedHost()).defineGuest({ name: 'console-guest' });
      await guest.start();
    });

    after(async () => {
      const host = await sharedHost();
      await host.virsh('destroy', guest.uuid);
      await host.mustVirsh('undefine', guest.uuid);
    });

    it('says so, and connects again by Enter', async () => {
      const host = await sharedHost();
      const terminal = open(guest.uuid);
      await terminal.shows(/Serial console of console-guest/);
      await host.mustVirsh('destroy', guest.uuid);
      await terminal.shows(/console-guest is off\. Ctrl\+\] leaves\./);
      await guest.start();
      await terminal.shows(/It runs again\. Press Enter to connect\./);
      terminal.console.handleInput('\r');
      await terminal.shows(/READY/, 60_000);
      terminal.console.handleInput('\recho ba"c"k\r');
      await terminal.shows(/back/);
    });
  });
});
