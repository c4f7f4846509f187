import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { SerialConsole } from '../../../../src/extension/terminals/serialConsole.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import { domainLifecycle } from '../../../../src/libvirt/constants.ts';
import { errorCode } from '../../../../src/libvirt/errors.ts';
import { domainOpenConsole } from '../../../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../../../src/libvirt/protocol/events.ts';
import { openConsole } from '../../../../src/operations/console.ts';
import type { FakeStream } from '../../../fakes/fakeStream.ts';
import { plainL10n } from '../../../fakes/plainL10n.ts';
import { Refusal } from '../../../fakes/refusal.ts';
import { createServedHost, turn, uuidOf, type ServedHost } from '../../inventory/servedHost.ts';

interface World extends ServedHost {
  readonly inventory: Inventory;
  readonly console: SerialConsole;
  /** What the terminal shows, our own lines in brackets and without their colours. */
  shown(): string;
  readonly streams: FakeStream[];
  readonly flags: number[];
  inUse: boolean;
  closed: number;
  foundInUse: number;
}

async function createWorld(): Promise<World> {
  const host = createServedHost(1);
  const inventory = new Inventory(host.clock);
  inventory.add(host.session, { samplesInBackground: false });
  host.session.connect();
  await turn(host);
  const console = new SerialConsole({
    host: 'lab',
    uuid: uuidOf(1),
    inventory,
    open: openConsole,
    clock: host.clock,
    log: silentLog,
    l10n: plainL10n,
  });
  let text = '';
  console.onDidWrite((more) => {
    text += more;
  });
  const world: World = {
    ...host,
    inventory,
    console,
    shown: () =>
      text.replace(
        /\u001b\[0m\r\n\u001b\[2m(.*?)\u001b\[0m\r\n/g,
        (_, line: string) => `[${line}]`,
      ),
    streams: [],
    flags: [],
    inUse: false,
    closed: 0,
    foundInUse: 0,
  };
  console.onDidClose(() => world.closed++);
  console.onDidFindInUse(() => world.foundInUse++);
  host.daemon.handle(domainOpenConsole, ({ flags }, { stream }) => {
    world.flags.push(flags);
    if (world.inUse && flags === 0) {
      throw new Refusal(errorCode.operationFailed, 'Active console session exists');
    }
    world.streams.push(stream);
    return undefined;
  });
  return world;
}

function lifecycle(world: World, event: number): void {
  world.daemon.sendEvent(domainLifecycleEvent, {
    callbackID: 0,
    msg: { dom: world.served[0]!.wire, event, detail: 0 },
  });
}

const greeting =
  '[Serial console of vm-1 on lab. It shows nothing until the guest writes: press Enter. Ctrl+] leaves.]';

describe('a serial console', () => {
  let world: World;

  beforeEach(async () => {
    world = await createWorld();
  });

  afterEach(() => {
    world.console.dispose();
    world.inventory.dispose();
  });

  async function opened(): Promise<FakeStream> {
    world.console.open({ rows: 24, columns: 80 });
    await turn(world);
    return world.streams.at(-1)!;
  }

  it('shows what the guest writes and sends what is typed', async () => {
    const stream = await opened();
    stream.write('login: ');
    await turn(world);
    assert.equal(world.shown(), `${greeting}login: `);
    world.console.handleInput('root\r');
    await turn(world);
    assert.equal(stream.text, 'root\r');
  });

  it('has another title when the VM is renamed', async () => {
    const titles: string[] = [];
    world.console.onDidChangeName((title) => titles.push(title));
    await opened();
    const served = world.served[0]!;
    world.served[0] = { ...served, wire: { ...served.wire, name: 'web-01' } };
    lifecycle(world, domainLifecycle.defined);
    await turn(world);
    assert.deepEqual(titles, ['web-01 serial console']);
  });

  it('puts characters together that come in pieces', async () => {
    const stream = await opened();
    for (const byte of Buffer.from('Zoë 🐧 €')) {
      stream.write(new Uint8Array([byte]));
      await turn(world);
    }
    assert.equal(world.shown(), `${greeting}Zoë 🐧 €`);
  });

  it('keeps what is typed until the console is open, and its order', async () => {
    world.console.open(undefined);
    world.console.handleInput('one ');
    world.console.handleInput('two ');
    await turn(world);
    for (const word of ['three ', 'four ', 'x'.repeat(600_000), ' five']) {
      world.console.handleInput(word);
    }
    await turn(world);
    assert.equal(world.streams[0]!.text, `one two three four ${'x'.repeat(600_000)} five`);
  });

  it('loses nothing of a flood, and passes it on in bounded bursts', async () => {
    const bursts: number[] = [];
    world.console.onDidWrite((text) => bursts.push(text.length));
    const stream = await opened();
    const flood = Array.from({ length: 100_000 }, (_, line) => `line ${line}\r\n`).join('');
    stream.write(flood);
    await turn(world);
    assert.ok(world.shown().length < flood.length / 2, 'it has to wait');
    await world.clock.advance(10_000);
    assert.equal(world.shown(), greeting + flood);
    assert.ok(Math.max(...bursts) <= 64 * 1024);
  });

  it('is left by Ctrl+], after what was typed before it', async () => {
    const stream = await opened();
    world.console.handleInput('exit\r\u001dnever');
    await turn(world);
    assert.equal(stream.text, 'exit\r');
    assert.equal(stream.isAborted, true);
    assert.equal(world.closed, 1);
  });

  it('is not left by a Ctrl+] that is pasted', async () => {
    const stream = await opened();
    world.console.handleInput('\u001b[200~a\u001db\u001b[201~');
    await turn(world);
    assert.equal(stream.isAborted, false);
    assert.equal(stream.text, '\u001b[200~a\u001db\u001b[201~');
  });

  it('knows the size of its terminal', async () => {
    await opened();
    assert.deepEqual(world.console.size, { rows: 24, columns: 80 });
    world.console.setDimensions({ rows: 50, columns: 132 });
    assert.deepEqual(world.console.size, { rows: 50, columns: 132 });
  });

  it('of somebody else is not taken without being asked, and can be taken over', async () => {
    world.inUse = true;
    world.console.open(undefined);
    await turn(world);
    assert.equal(world.foundInUse, 0, 'it may have been left just now');
    await world.clock.advance(1_000);
    assert.equal(world.foundInUse, 1);
    assert.equal(
      world.shown(),
      '[Somebody else has the console of vm-1 open. Press Enter to connect again; Ctrl+] leaves.]',
    );
    world.console.takeOver();
    await turn(world);
    assert.deepEqual(world.flags, [0, 0, 0, 0, 1]);
    assert.ok(world.console.isOpen);
  });

  it('that was left just now is waited for', async () => {
    world.inUse = true;
    world.console.open(undefined);
    world.console.handleInput('typed ahead');
    await turn(world);
    world.inUse = false;
    await world.clock.advance(1_000);
    assert.equal(world.shown(), greeting);
    assert.equal(world.streams[0]!.text, 'typed ahead');
    assert.equal(world.foundInUse, 0);
  });

  it('says that the VM is off, and connects again by Enter when it runs', async () => {
    const stream = await opened();
    world.served[0]!.state = 5;
    stream.end();
    lifecycle(world, domainLifecycle.stopped);
    await world.clock.advance(1_000);
    assert.equal(world.shown(), `${greeting}[vm-1 is off. Ctrl+] leaves.]`);
    world.console.handleInput('x');
    world.console.handleInput('\r');
    await turn(world);
    assert.equal(world.shown(), `${greeting}${'[vm-1 is off. Ctrl+] leaves.]'.repeat(2)}`);
    world.served[0]!.state = 1;
    lifecycle(world, domainLifecycle.started);
    await world.clock.advance(1_000);
    assert.ok(world.shown().endsWith('[It runs again. Press Enter to connect.]'));
    world.console.handleInput('\r');
    await turn(world);
    assert.equal(world.streams.length, 2);
    world.console.handleInput('hello');
    await turn(world);
    assert.equal(world.streams[1]!.text, 'hello', 'what was typed while it was off is not sent');
  });

  it('says that the host is gone, and connects again when it is back', async () => {
    await opened();
    world.daemon.stop();
    world.daemon.start();
    await world.clock.advance(710);
    assert.match(world.shown(), /\[lab is not connected.*Ctrl\+\] leaves\.\]$/);
    await world.clock.advance(5_000);
    assert.ok(world.shown().endsWith('[It runs again. Press Enter to connect.]'));
    world.console.handleInput('\r');
    await turn(world);
    assert.equal(world.streams.length, 2);
  });

  it('says that it was taken over while the VM runs on', async () => {
    const stream = await opened();
    stream.fail(new Refusal(errorCode.internalError, 'console session aborted'));
    await world.clock.advance(1_000);
    assert.match(
      world.shown(),
      /perhaps somebody else took it over \(console session aborted\)\. Press Enter/,
    );
  });

  it('that is closed before it is open leaves no stream behind', async () => {
    world.console.open(undefined);
    world.console.close();
    await turn(world);
    assert.ok(world.streams.every((stream) => stream.isAborted));
    assert.equal(world.shown(), '');
  });
});
