import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { allGroups } from '../../../src/inventory/sampler.ts';
import { connectListAllDomains } from '../../../src/libvirt/protocol/connect.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { openSession, until } from './rigSession.ts';

describe('VMs whose QEMU hangs', function () {
  this.timeout(180_000);
  let host: RigHost;
  let guests: readonly Guest[];
  let session: HostSession;

  before(async () => {
    host = await startRigHost({ name: 'stuck' });
    guests = await Promise.all(
      Array.from({ length: 7 }, (_, index) =>
        host.defineGuest({ name: `vm-${index + 1}`, memoryMiB: 96 }),
      ),
    );
    await Promise.all(guests.map((guest) => guest.start()));
    await Promise.all(guests.map((guest) => guest.waitReady()));
    session = await openSession(host.socketPath);
  });

  after(async () => {
    session.dispose();
    for (const guest of guests) {
      guest.signal('SIGCONT');
    }
    await host.stop();
  });

  it('do not keep the others from being sampled and listed, and come back', async () => {
    const looking = session.observe({ intervalMs: 1_000, groups: allGroups, isVisible: true });
    const stuck = guests.slice(0, 6);
    const well = guests[6]!;
    const ageMs = (guest: Guest): number =>
      Date.now() - (session.sampler.domain(guest.uuid)?.at ?? 0);
    await until(session, 'all are sampled', () => guests.every((guest) => ageMs(guest) < 5_000));

    const stoppedAt = Date.now();
    for (const guest of stuck) {
      guest.signal('SIGSTOP');
    }
    await until(session, 'the six are known not to answer', () =>
      stuck.every(
        (guest) => session.snapshot.domains.get(guest.uuid)?.notAnsweringSince !== undefined,
      ),
    );
    for (const guest of stuck) {
      const since = session.snapshot.domains.get(guest.uuid)?.notAnsweringSince;
      assert.ok(since !== undefined && since >= stoppedAt - 2_000 && since <= Date.now());
    }
    assert.equal(session.snapshot.domains.get(well.uuid)?.notAnsweringSince, undefined);

    // The interval is one second: a sample that is not late is never older than two
    let oldestMs = 0;
    for (let look = 0; look < 50; look++) {
      oldestMs = Math.max(oldestMs, ageMs(well));
      await delay(100);
    }
    assert.ok(oldestMs < 2_000, `the seventh was last sampled ${oldestMs} ms ago`);
    const started = performance.now();
    const { domains } = await session.call(connectListAllDomains, { needResults: 1, flags: 0 });
    assert.equal(domains.length, 7);
    assert.ok(performance.now() - started < 1_000, 'the list took a second');
    assert.equal(session.snapshot.status.state, 'connected');

    for (const guest of stuck) {
      guest.signal('SIGCONT');
    }
    await until(session, 'the six answer again and are sampled', () =>
      stuck.every(
        (guest) =>
          session.snapshot.domains.get(guest.uuid)?.notAnsweringSince === undefined &&
          ageMs(guest) < 3_000,
      ),
    );
    looking.dispose();
  });
});
