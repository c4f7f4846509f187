import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { wireDomain } from '../../../src/inventory/readDomains.ts';
import { LibvirtError, TransportError } from '../../../src/libvirt/errors.ts';
import { domainDestroyFlags, domainUndefineFlags } from '../../../src/libvirt/protocol/domain.ts';
import { runLifecycle } from '../../../src/operations/lifecycle.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { domainNamed, openSession, until } from './rigSession.ts';

const actionOptions = { clock: systemClock, log: silentLog };

describe('faults of a real daemon', function () {
  this.timeout(120_000);
  let host: RigHost;
  let guest: Guest;
  let session: HostSession;

  before(async () => {
    host = await startRigHost({ name: 'faults' });
    guest = await host.defineGuest({ name: 'web-01' });
    session = await openSession(host.socketPath);
  });

  after(async () => {
    session.dispose();
    await host.stop();
  });

  async function running(): Promise<void> {
    const result = await runLifecycle(session, guest.uuid, 'start', actionOptions);
    assert.deepEqual(result, { status: 'done' });
    assert.equal(session.snapshot.domains.get(guest.uuid)?.state, 'running');
  }

  it('a daemon killed during a call: the outcome is unknown, then read', async () => {
    await running();
    const domain = domainNamed(session, guest.name)!;
    // Forcing off takes the daemon a second: it is killed in the middle of it
    const call = assert.rejects(
      session.callSlow(domainDestroyFlags, { dom: wireDomain(domain), flags: 0 }),
      (error) =>
        error instanceof TransportError && error.kind === 'closed' && error.outcome === 'unknown',
    );
    const action = runLifecycle(session, guest.uuid, 'destroy', actionOptions);
    await delay(100);
    await host.killDaemon('SIGKILL');
    await call;
    await until(session, 'disconnected', () => session.snapshot.status.state === 'disconnected');
    assert.equal(session.snapshot.domains.size, 1, 'what was known is kept');
    await host.startDaemon();
    const result = await action;
    // What became of it was read from the daemon, never guessed
    const virshState = (await host.mustVirsh('domstate', guest.name)).trim();
    assert.deepEqual(
      result.status,
      virshState === 'shut off' ? 'done' : 'unknown',
      JSON.stringify([result, virshState]),
    );
    await until(session, 'connected', () => session.snapshot.status.state === 'connected');
    await guest.destroy().catch(() => undefined);
    await until(session, 'off', () => domainNamed(session, guest.name)?.state === 'shutoff');
  });

  it('a VM that runs on through a restart of the daemon is found running again', async () => {
    await running();
    await host.killDaemon('SIGKILL');
    await until(session, 'disconnected', () => session.snapshot.status.state === 'disconnected');
    await host.startDaemon();
    await until(session, 'connected', () => session.snapshot.status.state === 'connected');
    assert.equal(domainNamed(session, guest.name)?.state, 'running');
    const result = await runLifecycle(session, guest.uuid, 'destroy', actionOptions);
    assert.deepEqual(result, { status: 'done' });
  });

  it('a daemon that hangs is noticed within 5 s, and so is its return', async () => {
    const stoppedAt = performance.now();
    host.signalDaemon('SIGSTOP');
    try {
      await until(session, 'degraded', () => session.snapshot.status.state === 'degraded');
      const noticedMs = performance.now() - stoppedAt;
      assert.ok(noticedMs < 5_000, `noticed after ${Math.round(noticedMs)} ms`);
    } finally {
      host.signalDaemon('SIGCONT');
    }
    await until(session, 'connected', () => session.snapshot.status.state === 'connected');
  });

  it('an action that libvirt refuses says why', async () => {
    const result = await runLifecycle(session, guest.uuid, 'destroy', actionOptions);
    assert.deepEqual(result, { status: 'refused', reason: 'It is not running.' });
    // Past the guard, libvirt itself refuses
    const domain = domainNamed(session, guest.name)!;
    await assert.rejects(
      session.call(domainDestroyFlags, { dom: wireDomain(domain), flags: 0 }),
      (error) => error instanceof LibvirtError && error.code === 55,
    );
  });

  it('a VM that another client deletes is gone, and acting on it says so', async () => {
    const other = await host.defineGuest({ name: 'short-lived' });
    const domain = await until(session, 'it appears', () => domainNamed(session, 'short-lived'));
    await host.mustVirsh('undefine', 'short-lived');
    await until(session, 'it is gone', () => !domainNamed(session, 'short-lived'));
    const result = await runLifecycle(session, other.uuid, 'start', actionOptions);
    assert.deepEqual(result, { status: 'refused', reason: 'The VM does not exist any more.' });
    await assert.rejects(
      session.call(domainUndefineFlags, { dom: wireDomain(domain), flags: 0 }),
      (error) => error instanceof LibvirtError && error.code === 42,
    );
  });

  it('saving and discarding the saved state show at once', async () => {
    await running();
    await guest.waitReady();
    assert.deepEqual(await runLifecycle(session, guest.uuid, 'managedSave', actionOptions), {
      status: 'done',
    });
    assert.equal(domainNamed(session, guest.name)?.hasManagedSave, true);
    assert.deepEqual(await runLifecycle(session, guest.uuid, 'managedSaveRemove', actionOptions), {
      status: 'done',
    });
    assert.equal(domainNamed(session, guest.name)?.hasManagedSave, false);
    assert.deepEqual(await runLifecycle(session, guest.uuid, 'autostartOn', actionOptions), {
      status: 'done',
    });
    assert.equal(domainNamed(session, guest.name)?.autostart, true);
    assert.deepEqual(await runLifecycle(session, guest.uuid, 'autostartOff', actionOptions), {
      status: 'done',
    });
  });

  it('read-only: looks, and refuses to act before libvirt does', async () => {
    const reader = await openSession(host.socketPath, { readOnly: true });
    try {
      assert.equal(reader.snapshot.status.state, 'readOnly');
      assert.equal(reader.snapshot.domains.size, 1);
      assert.deepEqual(await runLifecycle(reader, guest.uuid, 'start', actionOptions), {
        status: 'refused',
        reason: 'The host is connected read-only.',
      });
    } finally {
      reader.dispose();
    }
  });
});
