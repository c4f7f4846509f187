import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { readDefinition } from '../../../src/operations/definition.ts';
import { runLifecycle } from '../../../src/operations/lifecycle.ts';
import { mustRun } from '../../tools/rig/command.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { createSession, until } from './rigSession.ts';

/** What `timeout` of coreutils ends with. */
const timedOut = 124;

describe('a storage pool whose file system hangs, as that of an NFS server that is gone', function () {
  this.timeout(60_000);
  let host: RigHost;
  let guest: Guest;
  let session: HostSession;
  let refreshing: Promise<unknown>;

  const signalFileSystem = (signal: string): Promise<unknown> =>
    host.exec(['pkill', `-${signal}`, 'bindfs']);

  before(async () => {
    host = await startRigHost({ name: 'stuck-pool' });
    guest = await host.defineGuest({ name: 'web-01' });
    const [here, share] = ['here', 'share'].map((name) => path.join(host.folder, name));
    for (const folder of [here!, share!]) {
      fs.mkdirSync(folder);
    }
    await mustRun(
      host.keeper.inside(['bindfs', '-o', 'attr_timeout=0,entry_timeout=0', here!, share!]),
    );
    await host.mustVirsh('pool-define-as', 'share', 'dir', '--target', share!);
    await host.mustVirsh('pool-start', 'share');
    await signalFileSystem('STOP');
    refreshing = host.virsh('pool-refresh', 'share');
    const list = ['timeout', '1', 'virsh', '--connect', host.uri, 'pool-list'];
    const isStuck = async (): Promise<boolean> => (await host.exec(list)).code === timedOut;
    for (let attempt = 0; !(await isStuck()); attempt++) {
      assert.ok(attempt < 100, 'the daemon does not look into the pool');
      await delay(50);
    }
    session = createSession(host.socketPath);
  });

  after(async () => {
    session.dispose();
    await signalFileSystem('CONT');
    await refreshing;
    await host.stop();
  });

  it('keeps nobody from seeing and starting VMs', async () => {
    session.connect();
    await until(session, 'connected', () => session.snapshot.status.state === 'connected', 5_000);
    const started = performance.now();
    const xml = await readDefinition(session, guest.uuid, { which: 'inactive' });
    assert.ok(performance.now() - started < 2_000);
    assert.match(xml ?? '', /<name>web-01<\/name>/);
    const result = await runLifecycle(session, guest.uuid, 'start', {
      clock: systemClock,
      log: silentLog,
    });
    assert.deepEqual(result, { status: 'done' });
    assert.equal(session.snapshot.readAt, undefined, 'the pools are still asked for');
  });

  it('is read with all others once it answers', async () => {
    await signalFileSystem('CONT');
    await until(session, 'read', () => session.snapshot.readAt !== undefined);
    const { pools } = session.snapshot;
    assert.deepEqual(
      [...pools.values()].map(({ name, state }) => [name, state]),
      [['share', 'running']],
    );
    assert.deepEqual(session.snapshot.problems, []);
  });
});
