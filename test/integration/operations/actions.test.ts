import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { systemClock, type Clock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { LibvirtError } from '../../../src/libvirt/errors.ts';
import { define, readDefinition } from '../../../src/operations/definition.ts';
import {
  deleteDefinition,
  readDeletionFacts,
  restoreDefinition,
} from '../../../src/operations/deleteDefinition.ts';
import { readDescription, setDescription } from '../../../src/operations/describe.ts';
import { runLifecycle } from '../../../src/operations/lifecycle.ts';
import { rename } from '../../../src/operations/rename.ts';
import { takeScreenshot } from '../../../src/operations/screenshot.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import type { RigHost } from '../../tools/rig/rigHost.ts';
import { startRigHost } from '../../tools/rig/rigHost.ts';
import { openSession, until } from '../inventory/rigSession.ts';

const options = { clock: systemClock, log: silentLog };
/** Asks for progress every 30 ms instead of 500: a save takes less than a second here. */
const hurriedClock: Clock = {
  ...systemClock,
  after: (delayMs, action) => systemClock.after(delayMs === 500 ? 30 : delayMs, action),
};

describe('actions on real guests', function () {
  this.timeout(120_000);
  let host: RigHost;
  let session: HostSession;
  let made = 0;

  before(async () => {
    host = await startRigHost({ name: 'actions' });
    session = await openSession(host.socketPath);
  });

  after(async () => {
    session.dispose();
    await host.stop();
  });

  async function guestOf(
    settings: Omit<Parameters<RigHost['defineGuest']>[0], 'name'> = {},
  ): Promise<Guest> {
    const guest = await host.defineGuest({ name: `guest-${++made}`, ...settings });
    await until(session, 'the guest is known', () => session.snapshot.domains.get(guest.uuid));
    return guest;
  }

  const domainOf = ({ uuid }: Guest) => session.snapshot.domains.get(uuid)!;

  async function reach(guest: Guest, state: string): Promise<void> {
    await until(session, state, () => domainOf(guest).state === state);
  }

  describe('rename', () => {
    it('keeps UUID, autostart and snapshots; libvirt agrees with what is refused', async () => {
      const guest = await guestOf();
      await host.mustVirsh('autostart', guest.uuid);
      await host.mustVirsh('snapshot-create-as', guest.uuid, 'kept');
      const name = `100 % "web" #1 'ü'`;
      assert.deepEqual(await rename(session, guest.uuid, name, options), { status: 'done' });
      assert.equal(domainOf(guest).name, name);
      assert.equal(domainOf(guest).autostart, true);
      assert.equal((await host.mustVirsh('domname', guest.uuid)).trim(), name);
      assert.match(await host.mustVirsh('snapshot-list', guest.uuid, '--name'), /^kept$/m);

      const other = await guestOf();
      const taken = await host.virsh('domrename', guest.uuid, other.name);
      assert.notEqual(taken.code, 0);
      const refused = await rename(session, guest.uuid, other.name, options);
      assert.equal(refused.status, 'refused');

      await guest.start();
      await reach(guest, 'running');
      assert.notEqual((await host.virsh('domrename', guest.uuid, 'x')).code, 0);
      assert.equal((await rename(session, guest.uuid, 'x', options)).status, 'refused');
      await host.mustVirsh('managedsave', guest.uuid);
      await reach(guest, 'shutoff');
      await session.refreshDomain(guest.uuid);
      assert.notEqual((await host.virsh('domrename', guest.uuid, 'x')).code, 0);
      const saved = await rename(session, guest.uuid, 'x', options);
      assert.ok(saved.status === 'refused' && saved.reason.includes('saved state'));
      await guest.undefine();
    });
  });

  describe('title and description', () => {
    it('are written for now and the next start, and removed', async () => {
      const guest = await guestOf();
      assert.deepEqual(await readDescription(session, domainOf(guest)), {
        title: null,
        description: null,
      });
      const text = { title: 'Web <1> & "2"', description: 'Zeile 1\nZeile 2 ü' };
      for (const running of [false, true]) {
        if (running) {
          await guest.start();
          await reach(guest, 'running');
        }
        assert.deepEqual(await setDescription(session, guest.uuid, text, options), {
          status: 'done',
        });
        assert.deepEqual(await readDescription(session, domainOf(guest)), text);
        const scopes = running ? ['--live', '--config'] : ['--config'];
        for (const scope of scopes) {
          assert.equal(
            (await host.mustVirsh('desc', guest.uuid, '--title', scope)).trim(),
            text.title,
          );
          assert.equal((await host.mustVirsh('desc', guest.uuid, scope)).trim(), text.description);
        }
        assert.deepEqual(
          await setDescription(session, guest.uuid, { title: '', description: null }, options),
          {
            status: 'done',
          },
        );
        for (const scope of scopes) {
          assert.equal((await host.mustVirsh('desc', guest.uuid, '--title', scope)).trim(), '');
        }
        assert.deepEqual(await readDescription(session, domainOf(guest)), {
          title: null,
          description: null,
        });
      }
      await guest.destroy();
      await guest.undefine();
    });
  });

  describe('definition', () => {
    it('live and inactive, with secrets only when asked', async () => {
      const guest = await guestOf();
      const xml = (await readDefinition(session, guest.uuid, { which: 'inactive' }))!;
      assert.match(xml, new RegExp(guest.uuid));
      assert.equal(await readDefinition(session, guest.uuid, { which: 'live' }), null);
      const withPassword = xml.replace(
        /<graphics type='vnc'/,
        `<graphics type='vnc' passwd='sesame'`,
      );
      assert.deepEqual(await define(session, withPassword, options), {
        status: 'done',
        uuid: guest.uuid,
      });
      const read = (secure: boolean) =>
        readDefinition(session, guest.uuid, { which: 'inactive', secure });
      assert.match((await read(true))!, /sesame/);
      assert.doesNotMatch((await read(false))!, /sesame/);
      const broken = await define(session, '<domain', options);
      assert.ok(broken.status === 'failed' && broken.error instanceof LibvirtError);
      await guest.start();
      await reach(guest, 'running');
      assert.match(
        (await readDefinition(session, guest.uuid, { which: 'live' }))!,
        /<domain type='qemu' id='/,
      );
      await guest.destroy();
      await guest.undefine();
    });

    it('deleted and brought back: disk, password and autostart are as before', async () => {
      const guest = await guestOf();
      await host.mustVirsh('autostart', guest.uuid);
      const xml = (await readDefinition(session, guest.uuid, { which: 'inactive' }))!;
      await define(
        session,
        xml.replace(`<graphics type='vnc'`, `<graphics type='vnc' passwd='sesame'`),
        options,
      );
      await session.refreshDomain(guest.uuid);
      const result = await deleteDefinition(session, guest.uuid, {}, options);
      assert.ok(result.status === 'done', JSON.stringify(result));
      assert.equal(session.snapshot.domains.has(guest.uuid), false);
      assert.notEqual((await host.virsh('dominfo', guest.uuid)).code, 0);
      assert.ok(fs.existsSync(guest.diskPath), 'storage is not touched');
      assert.deepEqual(await restoreDefinition(session, result.deleted, options), {
        status: 'done',
        uuid: guest.uuid,
      });
      assert.match(
        await host.mustVirsh('dumpxml', guest.uuid, '--inactive', '--security-info'),
        /sesame/,
      );
      assert.match(await host.mustVirsh('dominfo', guest.uuid), /Autostart: +enable/);
      assert.equal(domainOf(guest).autostart, true);
      await guest.undefine();
    });

    it('a running VM goes on without one', async () => {
      const guest = await guestOf();
      await guest.start();
      await reach(guest, 'running');
      assert.equal((await deleteDefinition(session, guest.uuid, {}, options)).status, 'done');
      assert.deepEqual([domainOf(guest).state, domainOf(guest).persistent], ['running', false]);
      assert.equal((await deleteDefinition(session, guest.uuid, {}, options)).status, 'refused');
      assert.equal((await rename(session, guest.uuid, 'x', options)).status, 'refused');
      assert.equal(
        (await setDescription(session, guest.uuid, { title: 't' }, options)).status,
        'done',
      );
      await guest.destroy();
      await until(session, 'gone', () => !session.snapshot.domains.has(guest.uuid));
    });

    it('not without a word about saved state, snapshots and checkpoints', async () => {
      const guest = await guestOf();
      await host.mustVirsh('snapshot-create-as', guest.uuid, 'one');
      await host.mustVirsh('snapshot-create-as', guest.uuid, 'two');
      const withSnapshots = await deleteDefinition(session, guest.uuid, {}, options);
      assert.ok(
        withSnapshots.status === 'refused' && withSnapshots.reason.includes('its 2 snapshots'),
      );
      assert.equal((await readDeletionFacts(session, domainOf(guest))).snapshots, 2);
      const done = await deleteDefinition(session, guest.uuid, { removeSnapshots: true }, options);
      assert.ok(done.status === 'done', JSON.stringify(done));
      assert.equal((await restoreDefinition(session, done.deleted, options)).status, 'done');

      await guest.start();
      await reach(guest, 'running');
      await host.mustVirsh('checkpoint-create-as', guest.uuid, 'one');
      await guest.destroy();
      await reach(guest, 'shutoff');
      const withCheckpoint = await deleteDefinition(session, guest.uuid, {}, options);
      assert.ok(
        withCheckpoint.status === 'refused' && withCheckpoint.reason.includes('its 1 checkpoint.'),
      );
      const again = await deleteDefinition(
        session,
        guest.uuid,
        { removeCheckpoints: true },
        options,
      );
      assert.ok(again.status === 'done', JSON.stringify(again));
      await restoreDefinition(session, again.deleted, options);

      await guest.start();
      await reach(guest, 'running');
      assert.deepEqual(await runLifecycle(session, guest.uuid, 'managedSave', options), {
        status: 'done',
      });
      const withState = await deleteDefinition(session, guest.uuid, {}, options);
      assert.ok(withState.status === 'refused' && withState.reason.includes('saved state'));
      const last = await deleteDefinition(session, guest.uuid, { removeSavedState: true }, options);
      assert.equal(last.status, 'done');
      assert.notEqual((await host.virsh('dominfo', guest.uuid)).code, 0);
    });

    it('of the test driver, which keeps no firmware, too', async () => {
      const worlds = await openSession(host.socketPath, { driver: 'test+unix:///default' });
      const [domain] = worlds.snapshot.domains.values();
      assert.ok(domain);
      await runLifecycle(worlds, domain.uuid, 'destroy', options);
      const result = await deleteDefinition(worlds, domain.uuid, {}, options);
      assert.ok(result.status === 'done', JSON.stringify(result));
      assert.equal(worlds.snapshot.domains.size, 0);
      worlds.dispose();
    });
  });

  it('who may only look is refused screen and secrets by libvirt, not the definition', async () => {
    const guest = await guestOf();
    await guest.start();
    await reach(guest, 'running');
    const looker = await openSession(host.socketPath, { readOnly: true });
    const domain = looker.snapshot.domains.get(guest.uuid)!;
    assert.ok(await readDefinition(looker, guest.uuid, { which: 'inactive' }));
    await assert.rejects(
      readDefinition(looker, guest.uuid, { which: 'live', secure: true }),
      LibvirtError,
    );
    await assert.rejects(takeScreenshot(looker, domain), LibvirtError);
    looker.dispose();
    await guest.destroy();
    await guest.undefine();
  });

  it('a guest that sleeps is woken', async () => {
    const guest = await guestOf();
    await guest.start();
    await guest.waitReady();
    await guest.waitAgent();
    assert.equal((await runLifecycle(session, guest.uuid, 'wake', options)).status, 'refused');
    await host.mustVirsh('dompmsuspend', guest.uuid, 'mem');
    await reach(guest, 'pmsuspended');
    assert.equal((await runLifecycle(session, guest.uuid, 'start', options)).status, 'refused');
    assert.deepEqual(await runLifecycle(session, guest.uuid, 'wake', options), { status: 'done' });
    await reach(guest, 'running');
    await guest.destroy();
    await guest.undefine();
  });

  describe('a managed save', () => {
    it('tells how far it is; cancelled, it stops and the guest runs on', async () => {
      const guest = await guestOf({ memoryMiB: 1_536, busy: true });
      await guest.start();
      await guest.waitReady();
      const giveUp = new AbortController();
      const seen: number[] = [];
      const result = await runLifecycle(session, guest.uuid, 'managedSave', {
        ...options,
        clock: hurriedClock,
        signal: giveUp.signal,
        onProgress: (fraction) => {
          seen.push(fraction);
          giveUp.abort();
        },
      });
      assert.deepEqual(result, { status: 'cancelled', mayStillHappen: false });
      assert.ok(
        seen.length > 0 && seen.every((fraction) => fraction > 0 && fraction <= 1),
        String(seen),
      );
      await reach(guest, 'running');
      assert.equal(domainOf(guest).hasManagedSave, false);
      assert.equal(await guest.state(), 'running');
      const progress: number[] = [];
      assert.deepEqual(
        await runLifecycle(session, guest.uuid, 'managedSave', {
          ...options,
          clock: hurriedClock,
          onProgress: (fraction) => progress.push(fraction),
        }),
        { status: 'done' },
      );
      assert.deepEqual(
        progress,
        [...progress].sort((a, b) => a - b),
      );
      assert.ok(progress.length > 1, String(progress));
      await guest.undefine();
    });
  });
});
