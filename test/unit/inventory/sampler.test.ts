import assert from 'node:assert/strict';
import { allGroups } from '../../../src/inventory/sampler.ts';
import { domainLifecycle, statsGroup } from '../../../src/libvirt/constants.ts';
import { connectGetAllDomainStats } from '../../../src/libvirt/protocol/connect.ts';
import { domainLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import { connected, createServedHost, serve, turn, type ServedHost } from './servedHost.ts';

const shown = statsGroup.cpuTotal | statsGroup.balloon;

/** The masks of groups that the daemon is asked for. */
function listenToAsked(host: ServedHost): number[] {
  const asked: number[] = [];
  host.daemon.handle(connectGetAllDomainStats, ({ doms, stats }) => {
    // Lists are of all VMs, without naming any
    if (doms.length > 0) {
      asked.push(stats);
    }
    return {
      retStats: host.served
        .filter(({ wire }) => doms.length === 0 || doms.some(({ name }) => name === wire.name))
        .map(({ wire, state }) => ({
          dom: wire,
          params: [{ field: 'state.state', type: 1, value: state }],
        })),
    };
  });
  return asked;
}

async function pass(host: ServedHost, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await host.clock.advance(1_000);
    await turn(host);
  }
}

describe('sampling', () => {
  it('reads each group at the pace that somebody wants it at', async () => {
    const host = createServedHost(2);
    const asked = listenToAsked(host);
    await connected(host);
    host.session.observe({ intervalMs: 30_000, groups: allGroups, isVisible: false });
    host.session.observe({ intervalMs: 2_000, groups: shown, isVisible: true });
    await pass(host, 60);
    const whole = asked.filter((groups) => groups === allGroups).length;
    assert.ok(whole >= 2 && whole <= 3, `all of it ${whole} times in a minute`);
    const others = asked.filter((groups) => groups !== allGroups);
    assert.ok(others.length >= 25, `what is shown ${others.length} times`);
    assert.deepEqual([...new Set(others)], [shown]);
    host.session.dispose();
  });

  it('asks everything of a VM that is new, once', async () => {
    const host = createServedHost(1);
    const asked = listenToAsked(host);
    await connected(host);
    host.session.observe({ intervalMs: 30_000, groups: allGroups, isVisible: false });
    host.session.observe({ intervalMs: 2_000, groups: shown, isVisible: true });
    await pass(host, 5);
    asked.length = 0;
    const added = serve(2);
    host.served.push(added);
    const msg = { dom: added.wire, event: domainLifecycle.started, detail: 0 };
    host.daemon.sendEvent(domainLifecycleEvent, { callbackID: 0, msg });
    await pass(host, 6);
    assert.deepEqual(asked, [allGroups, shown, shown]);
    host.session.dispose();
  });

  it('reads what somebody begins to look at with the next tick', async () => {
    const host = createServedHost(1);
    const asked = listenToAsked(host);
    await connected(host);
    host.session.observe({ intervalMs: 2_000, groups: shown, isVisible: true });
    await pass(host, 4);
    asked.length = 0;
    const looking = host.session.observe({ intervalMs: 2_000, groups: allGroups, isVisible: true });
    await pass(host, 4);
    looking.dispose();
    await pass(host, 2);
    assert.deepEqual(asked, [allGroups, allGroups, shown]);
    host.session.dispose();
  });

  it('reads a thousand VMs a second at most', async () => {
    const host = createServedHost(4_000);
    const asked = listenToAsked(host);
    await connected(host);
    host.session.observe({ intervalMs: 2_000, groups: shown, isVisible: true });
    await pass(host, 3);
    asked.length = 0;
    await pass(host, 12);
    const calls = Math.ceil(4_000 / 64);
    assert.equal(asked.length, 3 * calls, 'every four seconds, not every two');
    host.session.dispose();
  });
});
