import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { HostSession } from '../../../src/inventory/hostSession.ts';
import type { Dialer, DialOptions } from '../../../src/libvirt/dialer.ts';
import { TransportError, type TransportErrorKind } from '../../../src/libvirt/errors.ts';
import { domainSuspend } from '../../../src/libvirt/protocol/domain.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { failureOf } from '../../fakes/connected.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import { createServedHost } from '../inventory/servedHost.ts';
import { DialWorld } from './dialWorld.ts';

const toAct: DialOptions = { readOnly: false };
const toLook: DialOptions = { readOnly: true };

describe('the unix dialer', () => {
  let world: DialWorld;
  let clock: FakeClock;
  const opened: Duplex[] = [];

  beforeEach(() => {
    world = new DialWorld();
    clock = new FakeClock();
  });

  afterEach(async () => {
    for (const socket of opened.splice(0)) {
      socket.destroy();
    }
    await world.dispose();
  });

  const system = (name: string): string => path.join(world.systemFolder, name);
  const own = (name: string): string => path.join(world.userFolder, name);

  async function dial(dialer: Dialer, options = toAct): Promise<void> {
    opened.push(await dialer.dial(options));
  }

  async function refusal(dialer: Dialer, options = toAct): Promise<TransportError> {
    const error = await failureOf(dialer.dial(options));
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }

  /** Waits for something outside this process, which no clock of ours rules. */
  async function until(what: string, look: () => boolean): Promise<void> {
    for (let looks = 0; !look(); looks++) {
      assert.ok(looks < 1_000, `not in time: ${what}`);
      await delay(10);
    }
  }

  async function expectKind(
    kind: TransportErrorKind,
    dialer: Dialer,
    options = toAct,
  ): Promise<string> {
    const error = await refusal(dialer, options);
    assert.equal(error.kind, kind, error.message);
    return error.message;
  }

  it('prefers the modular daemon, and takes the other where there is none', async () => {
    const modular = await world.daemonAt(system('virtqemud-sock'));
    const monolithic = await world.daemonAt(system('libvirt-sock'));
    await dial(world.dialer('qemu:///system', clock));
    await until('it is accepted', () => modular.accepted.length === 1);
    await dial(world.dialer('qemu:///system?mode=legacy', clock));
    await dial(world.dialer('test:///default', clock));
    await until('they are accepted', () => monolithic.accepted.length === 2);
    await modular.close();
    await dial(world.dialer('qemu:///system', clock));
    await until('it is accepted', () => monolithic.accepted.length === 3);
    await expectKind('absent', world.dialer('qemu:///system?mode=direct', clock));
    assert.equal(modular.accepted.length, 1);
  });

  it('one way to virtqemud serves everything: every connection of a session goes there', async () => {
    const { daemon, served } = createServedHost(2);
    await world.daemonAt(system('virtqemud-sock'), daemon);
    const uri = 'qemu:///system';
    const session = new HostSession({
      name: 'modular',
      uri: parseHostUri(uri),
      dialer: world.dialer(uri, clock),
      clock,
      log: silentLog,
    });
    try {
      session.connect();
      await until('it is connected', () => session.snapshot.status.state === 'connected');
      assert.equal(session.snapshot.domains.size, served.length);
      await session.sampler.sampleNow();
      const called = new Set(daemon.calls.map(({ procedure }) => procedure.name));
      for (const name of [
        'connectListAllDomains',
        'connectListAllNetworks',
        'connectListAllStoragePools',
        'connectNodeDeviceEventRegisterAny',
        'connectSecretEventRegisterAny',
        'nodeGetInfo',
      ]) {
        assert.ok(called.has(name), `${name} was asked of virtqemud too`);
      }
      assert.equal(daemon.accepted.length, 1);
      await failureOf(session.callSlow(domainSuspend, { dom: served[0]!.wire }));
      assert.equal(daemon.accepted.length, 2, 'calls that may wait have their own connection');
    } finally {
      session.dispose();
    }
  });

  it('to look, it takes the read-only sockets', async () => {
    const daemon = await world.daemonAt(system('libvirt-sock-ro'));
    await dial(world.dialer('qemu:///system', clock), toLook);
    await until('it is accepted', () => daemon.accepted.length === 1);
    await expectKind('absent', world.dialer('qemu:///system', clock));
  });

  it('names every place it looked at where there is no daemon', async () => {
    const message = await expectKind('absent', world.dialer('qemu:///system', clock));
    assert.ok(message.includes(system('virtqemud-sock')), message);
    assert.ok(message.includes(system('libvirt-sock')), message);
    const one = await expectKind('absent', world.dialer('test:///default', clock));
    assert.ok(one.includes(`no socket at ${system('libvirt-sock')}`), one);
    const below = path.join(world.folder, 'a file');
    fs.writeFileSync(below, '');
    await expectKind('absent', world.dialer(`qemu:///system?socket=${below}/sock`, clock));
  });

  it('a socket that a killed daemon left is refused, and does not hide one that listens', async () => {
    await world.staleAt(system('virtqemud-sock'));
    const message = await expectKind('refused', world.dialer('qemu:///system', clock));
    assert.ok(message.includes(system('virtqemud-sock')), message);
    const daemon = await world.daemonAt(system('libvirt-sock'));
    await dial(world.dialer('qemu:///system', clock));
    await until('it is accepted', () => daemon.accepted.length === 1);
  });

  it('what is no socket is refused', async () => {
    fs.writeFileSync(system('libvirt-sock'), 'not a socket');
    await expectKind('refused', world.dialer('test:///default', clock));
  });

  it('a path that is too long for a socket is said to be', async () => {
    const longest = `/${'x'.repeat(106)}`;
    await expectKind('absent', world.dialer(`qemu:///system?socket=${longest}`, clock));
    const message = await expectKind(
      'unsupported',
      world.dialer(`qemu:///system?socket=${longest}x`, clock),
    );
    assert.match(message, /108 bytes long; the system allows 107/);
  });

  it('want of rights decides: the other daemon is not tried, and the group is named', async () => {
    const daemon = await world.daemonAt(system('libvirt-sock'));
    await world.daemonAt(system('virtqemud-sock'));
    fs.chmodSync(system('virtqemud-sock'), 0);
    // Nothing is refused to root
    const isRoot = process.geteuid?.() === 0;
    fs.chmodSync(world.folder, 0o755);
    if (isRoot) {
      process.seteuid?.(65_534);
    }
    let message: string;
    try {
      message = await expectKind('permission', world.dialer('qemu:///system', clock));
    } finally {
      if (isRoot) {
        process.seteuid?.(0);
      }
    }
    assert.match(message, /belongs to the group libvirt/);
    assert.equal(daemon.accepted.length, 0);
  });

  it('does not go to this machine for another one', async () => {
    const daemon = await world.daemonAt(system('libvirt-sock'));
    await expectKind('unsupported', world.dialer('qemu+ssh://far.example/system', clock));
    assert.equal(daemon.accepted.length, 0);
  });

  it('a mode that the driver lacks is said to be the mistake', async () => {
    const message = await expectKind(
      'unsupported',
      world.dialer('test:///default?mode=direct', clock),
    );
    assert.match(message, /leave mode=direct out/);
  });

  it('is cancelled before and while it dials', async () => {
    const dialer = world.dialer('qemu:///system', clock);
    await assert.rejects(
      dialer.dial({ readOnly: false, signal: AbortSignal.abort() }),
      CancelledError,
    );
    await world.daemonAt(system('virtqemud-sock'));
    const giveUp = new AbortController();
    const dialling = failureOf(dialer.dial({ readOnly: false, signal: giveUp.signal }));
    giveUp.abort();
    assert.ok((await dialling) instanceof CancelledError);
  });

  describe("a user's own daemon", () => {
    it('is used where it runs; nothing is started', async () => {
      const program = world.program('libvirtd');
      const daemon = await world.daemonAt(own('libvirt-sock'));
      await dial(world.dialer('qemu:///session', clock));
      await dial(world.dialer('qemu:///session', clock), toLook);
      await until('they are accepted', () => daemon.accepted.length === 2);
      assert.equal(program.started(), undefined);
    });

    it('is started where none runs, as libvirt starts it, and dialled when it listens', async () => {
      const program = world.program('libvirtd');
      await world.staleAt(own('libvirt-sock'));
      const dialling = world.dialer('qemu:///session', clock).dial(toAct);
      await until('it is started', () => program.started() !== undefined);
      assert.equal(program.started(), '--timeout=120');
      await clock.advance(200);
      fs.rmSync(own('libvirt-sock')); // as a real daemon does with a socket of its forerunner
      const daemon = await world.daemonAt(own('libvirt-sock'));
      await clock.advance(50);
      opened.push(await dialling);
      await until('it is accepted', () => daemon.accepted.length === 1);
    });

    it('is the modular one where that is installed, unless the mode says otherwise', async () => {
      const modular = world.program('virtqemud');
      const monolithic = world.program('libvirtd');
      for (const [uri, program, socket] of [
        ['qemu:///session', modular, 'virtqemud-sock'],
        ['qemu:///session?mode=legacy', monolithic, 'libvirt-sock'],
      ] as const) {
        const dialling = world.dialer(uri, clock).dial(toAct);
        await until('it is started', () => program.started() !== undefined);
        const daemon = await world.daemonAt(own(socket));
        await clock.advance(50);
        opened.push(await dialling);
        await daemon.close();
        if (program === modular) {
          assert.equal(monolithic.started(), undefined);
        }
      }
    });

    it('is not started where the only one installed is not the one asked for', async () => {
      const monolithic = world.program('libvirtd');
      const message = await expectKind(
        'absent',
        world.dialer('qemu:///session?mode=direct', clock),
      );
      assert.match(message, /none is installed to start \(virtqemud\)/);
      assert.equal(monolithic.started(), undefined);
    });

    it('that never listens is given up after 10 s, and named', async () => {
      const program = world.program('libvirtd');
      const dialling = refusal(world.dialer('qemu:///session', clock));
      await until('it is started', () => program.started() !== undefined);
      // Each look at the socket is real: time may pass only between two
      let isOver = false;
      const over = dialling.then(() => {
        isOver = true;
      });
      await until('it is given up', () => {
        void clock.advance(1_000);
        return isOver;
      });
      await over;
      const error = await dialling;
      assert.equal(error.kind, 'refused');
      assert.match(error.message, /sbin\/libvirtd was started but does not listen after 10 s/);
      assert.ok(clock.monotonic() >= 10_000);
    });

    it('is not waited for once nobody wants it', async () => {
      const program = world.program('libvirtd');
      const giveUp = new AbortController();
      const dialer = world.dialer('qemu:///session', clock);
      const dialling = failureOf(dialer.dial({ readOnly: false, signal: giveUp.signal }));
      await until('it is started', () => program.started() !== undefined);
      giveUp.abort(new CancelledError('Connecting'));
      assert.ok((await dialling) instanceof CancelledError);
    });

    it('is not started for a socket that the URI names, nor by root', async () => {
      const program = world.program('libvirtd');
      const named = `qemu:///session?socket=${own('libvirt-sock')}`;
      await expectKind('absent', world.dialer(named, clock));
      await expectKind('absent', world.dialer('qemu:///session', clock, { isRoot: true }));
      assert.equal(program.started(), undefined);
    });
  });
});
