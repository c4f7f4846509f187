import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { CancelledError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { findLocalHosts } from '../../../src/transport/findLocalHosts.ts';
import type { DialEnvironment } from '../../../src/transport/unixDialer.ts';
import { FakeDaemon } from '../../fakes/fakeDaemon.ts';
import { DialWorld } from './dialWorld.ts';

describe('the libvirt daemons of this machine', () => {
  let world: DialWorld;

  beforeEach(() => {
    world = new DialWorld();
  });

  afterEach(async () => {
    await world.dispose();
  });

  const find = (environment: Partial<DialEnvironment> = {}, signal?: AbortSignal) =>
    findLocalHosts({
      clock: systemClock,
      log: silentLog,
      signal,
      environment: { ...world.environment, ...environment },
    });
  const found = async (environment: Partial<DialEnvironment> = {}) =>
    (await find(environment)).map(({ uri, access }) => `${uri} ${access}`);

  it('none', async () => {
    await world.staleAt(`${world.systemFolder}/libvirt-sock`);
    assert.deepEqual(await found(), []);
  });

  it('one’s own that does not run, where it is installed; it is not started by looking', async () => {
    const program = world.program('virtqemud');
    await world.staleAt(`${world.systemFolder}/libvirt-sock`);
    const [host, ...others] = await find();
    assert.deepEqual(
      [host?.uri, host?.access, host?.isRunning],
      ['qemu:///session', 'readWrite', false],
    );
    assert.deepEqual(others, []);
    assert.equal(program.started(), undefined);
    assert.deepEqual(await found({ isRoot: true }), []);
  });

  it('monolithic or modular, the system’s and one’s own; for root the two are one', async () => {
    await world.daemonAt(`${world.systemFolder}/libvirt-sock`);
    assert.deepEqual(await found(), ['qemu:///system readWrite']);
    await world.daemonAt(`${world.userFolder}/virtqemud-sock`);
    assert.deepEqual(await found(), ['qemu:///system readWrite', 'qemu:///session readWrite']);
    assert.deepEqual(await found({ isRoot: true }), ['qemu:///system readWrite']);
  });

  it('says that polkit will be asked, and does not ask it yet', async () => {
    const daemon = await world.daemonAt(
      `${world.systemFolder}/libvirt-sock`,
      new FakeDaemon({ auth: 'polkit' }),
    );
    const [host] = await find();
    assert.deepEqual([host?.access, host?.asksPolkit, host?.isRunning], ['readWrite', true, true]);
    assert.deepEqual(
      daemon.calls.map(({ procedure }) => procedure.name),
      ['authList'],
    );
  });

  it('stops when nobody waits', async () => {
    await world.daemonAt(`${world.systemFolder}/libvirt-sock`);
    await assert.rejects(find({}, AbortSignal.abort()), CancelledError);
  });
});
