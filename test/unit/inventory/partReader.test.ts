import assert from 'node:assert/strict';
import { connectListAllStoragePools } from '../../../src/libvirt/protocol/connect.ts';
import { storagePoolLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import { createServedHost, turn, uuidOf } from './servedHost.ts';

const poolEvent = {
  callbackID: 0,
  pool: { name: 'nfs', uuid: new Uint8Array(16) },
  event: 2,
  detail: 0,
};

describe('a host of which a pool holds up the lists of pools', () => {
  it('stays connected, can be asked anything else, and is asked for the pools when that is over', async () => {
    const host = createServedHost(1);
    const { daemon, session, clock } = host;
    daemon.handle(connectListAllStoragePools, () => ({ pools: [], ret: 0 }));
    const hold = daemon.hold(connectListAllStoragePools);
    const listed = (): number => daemon.callsOf(connectListAllStoragePools).length;
    const problems = (): readonly string[] =>
      session.snapshot.problems.filter((text) => text.includes('storage pools'));
    session.connect();
    await turn(host);
    daemon.sendEvent(storagePoolLifecycleEvent, poolEvent);
    await clock.advance(1_000);
    await turn(host);
    await clock.advance(30_000);
    await turn(host);
    assert.match(
      problems().join(),
      /does not answer, perhaps because one of them waits for a server/,
    );
    assert.notEqual(session.snapshot.readAt, undefined, 'all the rest was read');
    daemon.sendEvent(storagePoolLifecycleEvent, poolEvent);
    await clock.advance(1_000);
    await turn(host);
    assert.equal(problems().length, 1);
    await session.refreshDomain(uuidOf(1));
    await session.refresh();
    assert.equal(problems().length, 1);
    assert.equal(session.snapshot.status.state, 'connected');
    assert.equal(listed(), 1, 'a call that was given up keeps a place at the daemon');
    hold.release();
    await turn(host);
    assert.equal(listed(), 5);
    assert.deepEqual(problems(), []);
    session.dispose();
  });
});
