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

  it('none, and none is started by looking', async () => {
    const program = world.program('virtqemud');
    await world.staleAt(`${world.systemFolder}/libvirt-sock`);
    assert.deepEqual(await found(), []);
    assert.equal(program.started(), undefined);
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
    assert.deepEqual([host?.access, host?.asksPolkit], ['readWrite', true]);
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
