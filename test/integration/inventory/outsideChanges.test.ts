import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { systemClock, type Clock } from '../../../src/base/clock.ts';
import type { HostChange } from '../../../src/inventory/changes.ts';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import type { DomainDetails } from '../../../src/model/domain.ts';
import type { DhcpLease } from '../../../src/model/network.ts';
import type { Volume } from '../../../src/model/pool.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { domainNamed, openSession, until } from './rigSession.ts';

/** The minute after which everything is read again passes in a quarter of a second; all else takes its time. */
const hurriedClock: Clock = {
  ...systemClock,
  after: (delayMs, action) => systemClock.after(delayMs === 60_000 ? 250 : delayMs, action),
};

describe('changes made by others', function () {
  this.timeout(120_000);
  let host: RigHost;
  let guest: Guest;
  let session: HostSession;
  const details = new Map<string, DomainDetails>();
  const volumes = new Map<string, readonly Volume[]>();
  const leases = new Map<string, readonly DhcpLease[]>();

  before(async () => {
    host = await startRigHost({ name: 'outside' });
    guest = await host.defineGuest({ name: 'web-01', network: 'network', maxVcpus: 2 });
    await host.startDefaultNetwork();
    session = await openSession(host.socketPath, { clock: hurriedClock });
    session.onDidChange((changes) => {
      changes.forEach(note);
    });
    session.observe({ intervalMs: 2_000, groups: 0, isVisible: true });
    session.openDomain(guest.uuid);
    await until(session, 'the definition was read', () => details.get(guest.uuid));
  });

  after(async () => {
    session.dispose();
    await host.stop();
  });

  function note(change: HostChange): void {
    if (change.kind === 'domainDetails') {
      details.set(change.uuid, change.details);
    } else if (change.kind === 'volumes') {
      volumes.set(change.uuid, change.volumes);
    } else if (change.kind === 'leases') {
      leases.set(change.uuid, change.leases);
    }
  }

  it('autostart shows although libvirt tells nobody', async () => {
    await host.mustVirsh('autostart', guest.name);
    await until(session, 'autostart on', () => domainNamed(session, guest.name)?.autostart);
    await host.mustVirsh('autostart', '--disable', guest.name);
    await until(session, 'autostart off', () => !domainNamed(session, guest.name)?.autostart);
  });

  it('a change for the next start shows in the inactive definition', async () => {
    assert.match(details.get(guest.uuid)?.inactiveXml ?? '', /<vcpu[^>]*current='1'[^>]*>2</);
    await host.mustVirsh('setvcpus', guest.name, '2', '--config');
    await until(
      session,
      'two vCPUs',
      () =>
        /<vcpu[^>]*>2</.test(details.get(guest.uuid)?.inactiveXml ?? '') &&
        !(details.get(guest.uuid)?.inactiveXml ?? '').includes("current='1'"),
    );
  });

  it('a definition that was replaced shows', async () => {
    const xml = await host.mustVirsh('dumpxml', '--inactive', guest.name);
    const file = path.join(host.folder, 'replaced.xml');
    fs.writeFileSync(file, xml.replace('</name>', '</name><title>Replaced</title>'));
    await host.mustVirsh('define', file);
    await until(session, 'the title', () =>
      details.get(guest.uuid)?.inactiveXml?.includes('<title>Replaced</title>'),
    );
  });

  it('snapshots made and deleted show', async () => {
    await host.mustVirsh('snapshot-create-as', guest.name, 'before');
    await until(session, 'the snapshot', () =>
      details.get(guest.uuid)?.snapshots.includes('before'),
    );
    await until(session, 'has snapshots', () => domainNamed(session, guest.name)?.hasSnapshots);
    await host.mustVirsh('snapshot-delete', guest.name, 'before');
    await until(session, 'no snapshot', () => details.get(guest.uuid)?.snapshots.length === 0);
    await until(session, 'has none', () => !domainNamed(session, guest.name)?.hasSnapshots);
  });

  it('a pool and its volumes show', async () => {
    await host.createPool('images');
    const pool = await until(session, 'the pool', () =>
      [...session.snapshot.pools.values()].find(({ name }) => name === 'images'),
    );
    session.openPool(pool.uuid);
    await host.mustVirsh('vol-create-as', 'images', 'disk-1.qcow2', '1M');
    await until(session, 'the volume', () =>
      volumes.get(pool.uuid)?.some(({ name }) => name === 'disk-1.qcow2'),
    );
    await host.mustVirsh('vol-delete', 'disk-1.qcow2', '--pool', 'images');
    await until(session, 'no volume', () => volumes.get(pool.uuid)?.length === 0);
    await host.mustVirsh('pool-destroy', 'images');
    await until(
      session,
      'an inactive pool',
      () => session.snapshot.pools.get(pool.uuid)?.state === 'inactive',
    );
  });

  it('a lease that the network gave out shows', async () => {
    const network = await until(session, 'the network', () =>
      [...session.snapshot.networks.values()].find(({ active }) => active),
    );
    session.openNetwork(network.uuid);
    await guest.start();
    const lease = await until(session, 'the lease', () => leases.get(network.uuid)?.[0], 60_000);
    assert.match(lease.address, /^192\.168\./);
    assert.ok(lease.expiresAt > Date.now() / 1_000);
    await until(session, 'running', () => domainNamed(session, guest.name)?.state === 'running');
  });

  it('a rename keeps the VM', async () => {
    await guest.destroy();
    await host.mustVirsh('domrename', guest.name, 'web 01 # renamed %41');
    const renamed = await until(session, 'the new name', () =>
      domainNamed(session, 'web 01 # renamed %41'),
    );
    assert.equal(renamed.uuid, guest.uuid);
    assert.equal(session.snapshot.domains.size, 1);
  });
});
