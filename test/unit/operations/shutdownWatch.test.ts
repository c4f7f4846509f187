import assert from 'node:assert/strict';
import { CancelledError } from '../../../src/base/errors.ts';
import { domainLifecycle } from '../../../src/libvirt/constants.ts';
import { domainIsPersistent } from '../../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import { watchShutdown } from '../../../src/operations/shutdownWatch.ts';
import { turn, uuidOf, type ServedHost } from '../inventory/servedHost.ts';
import { actingHost } from './actingHost.ts';

const watch = (host: ServedHost, signal?: AbortSignal) =>
  watchShutdown(host.session, uuidOf(1), { clock: host.clock, timeoutMs: 60_000, signal });

function send(host: ServedHost, event: number, id = host.served[0]!.wire.id): void {
  const dom = { ...host.served[0]!.wire, id };
  host.daemon.sendEvent(domainLifecycleEvent, { callbackID: 0, msg: { dom, event, detail: 0 } });
}

describe('operations/shutdownWatch', () => {
  let host: ServedHost;

  beforeEach(async () => {
    host = await actingHost(2);
  });

  afterEach(async () => {
    host.session.dispose();
    await turn(host);
    assert.equal(host.clock.pendingTimers, 0);
  });

  it('off, as soon as libvirt says so, and at once if it is already', async () => {
    const end = watch(host);
    await host.clock.advance(5_000);
    host.served[0]!.state = 5;
    send(host, domainLifecycle.stopped);
    assert.deepEqual(await end, { status: 'off' });
    assert.deepEqual(await watch(host), { status: 'off' });
  });

  it('ignored after the time set, not a moment earlier', async () => {
    const end = watch(host);
    let ended = false;
    void end.then(() => (ended = true));
    await host.clock.advance(59_999);
    assert.equal(ended, false);
    await host.clock.advance(1);
    assert.deepEqual(await end, { status: 'ignored' });
  });

  it('off too if somebody started it again before anybody looked', async () => {
    const end = watch(host);
    host.served[0] = { ...host.served[0]!, wire: { ...host.served[0]!.wire, id: 99 } };
    await host.session.refreshDomain(uuidOf(1));
    assert.deepEqual(await end, { status: 'off' });
  });

  it('gone when it was deleted; a transient one vanishes by going off', async () => {
    const end = watch(host);
    host.served.shift();
    await host.session.refreshDomain(uuidOf(1));
    assert.deepEqual(await end, { status: 'gone' });
    assert.deepEqual(await watch(host), { status: 'gone' });

    host.daemon.handle(domainIsPersistent, () => ({ persistent: 0 }));
    await host.session.refreshDomain(uuidOf(2));
    const transient = watchShutdown(host.session, uuidOf(2), {
      clock: host.clock,
      timeoutMs: 60_000,
    });
    host.served.shift();
    await host.session.refreshDomain(uuidOf(2));
    assert.deepEqual(await transient, { status: 'off' });
  });

  it('lost with the host; cancelled when nobody waits', async () => {
    const end = watch(host);
    const giveUp = new AbortController();
    const other = watch(host, giveUp.signal);
    giveUp.abort();
    await assert.rejects(other, CancelledError);
    await assert.rejects(watch(host, giveUp.signal), CancelledError);
    host.session.disconnect();
    assert.deepEqual(await end, { status: 'lost' });
  });
});
