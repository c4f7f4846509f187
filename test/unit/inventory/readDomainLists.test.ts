import assert from 'node:assert/strict';
import { listDomains, domainLifecycle, statsGroup } from '../../../src/libvirt/constants.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import { domainLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import { notSupported } from '../../fakes/refusal.ts';
import { connected, createServedHost, serve, turn, uuidOf, type ServedHost } from './servedHost.ts';

function send(host: ServedHost, index: number, event: number): void {
  const msg = { dom: serve(index).wire, event, detail: 0 };
  host.daemon.sendEvent(domainLifecycleEvent, { callbackID: 0, msg });
}

describe('the lists of a host', () => {
  it('tell who is persistent by who is not', async () => {
    const host = createServedHost(3);
    host.daemon.handle(connect.connectListAllDomains, ({ flags }) => ({
      domains: flags === listDomains.transient ? [host.served[1]!.wire] : [],
      ret: 1,
    }));
    await connected(host);
    const persistent = [1, 2, 3].map(
      (index) => host.session.snapshot.domains.get(uuidOf(index))?.persistent,
    );
    assert.deepEqual(persistent, [true, false, true]);
    host.session.dispose();
  });

  it('are read from a driver without statistics too, state by state', async () => {
    const host = createServedHost(3);
    host.served[2]!.state = 5;
    host.daemon.handle(connect.connectGetAllDomainStats, () => {
      throw notSupported('connectGetAllDomainStats');
    });
    await connected(host);
    const { domains } = host.session.snapshot;
    assert.deepEqual(
      [...domains.values()].map(({ name, state, memoryKiB }) => [name, state, memoryKiB]),
      [
        ['vm-1', 'running', 1_024],
        ['vm-2', 'running', 1_024],
        ['vm-3', 'shutoff', 1_024],
      ],
    );
    host.session.dispose();
  });

  it('do without the figures of a driver that refuses to tell them, and ask each VM', async () => {
    const host = createServedHost(2);
    host.daemon.handle(connect.connectGetAllDomainStats, ({ stats }) => {
      if (stats !== statsGroup.state) {
        throw notSupported('connectGetAllDomainStats');
      }
      const state = { field: 'state.state', type: 1, value: 1 };
      return { retStats: host.served.map(({ wire }) => ({ dom: wire, params: [state] })) };
    });
    await connected(host);
    const { domains } = host.session.snapshot;
    assert.deepEqual(
      [...domains.values()].map(({ state, reason, vcpus }) => [state, reason, vcpus]),
      [
        ['running', 'unknown', 2],
        ['running', 'unknown', 2],
      ],
    );
    host.session.dispose();
  });

  it('are taken over in slices, between which events are newer than they', async () => {
    const count = 400;
    const host = await connected(createServedHost(count));
    const last = uuidOf(count);
    const seen: string[] = [];
    let slices = 0;
    const watch = host.session.onDidChange((changes) => {
      slices++;
      for (const change of changes) {
        if (change.kind === 'domainChanged' && change.domain.uuid === last) {
          seen.push(change.domain.state);
        } else if (change.kind === 'domainAdded' || change.kind === 'domainRemoved') {
          seen.push(`${change.kind} ${change.domain.name}`);
        }
      }
      if (slices === 1) {
        // The lists say paused of all, know nothing of the new one, and still know the one that goes
        for (const [index, event] of [
          [count, domainLifecycle.resumed],
          [count + 1, domainLifecycle.defined],
          [count - 1, domainLifecycle.stopped],
          [count - 1, domainLifecycle.undefined],
        ] as const) {
          send(host, index, event);
        }
        host.served.splice(count - 2, 1);
        host.served.push(serve(count + 1));
        host.served.find(({ wire }) => wire.name === `vm-${count}`)!.state = 1;
      }
    });
    for (const served of host.served) {
      served.state = 3;
    }
    host.clock.msPerLook = 10;
    const reading = host.session.refresh();
    await turn(host);
    await reading;
    host.clock.msPerLook = 0;
    await host.clock.advance(100);
    await turn(host);
    watch.dispose();
    assert.ok(slices > 5, `${slices} slices`);
    assert.deepEqual(
      seen.filter((what) => what !== 'running'),
      [`domainAdded vm-${count + 1}`, `domainRemoved vm-${count - 1}`],
      'never paused, never back, never gone',
    );
    const { domains } = host.session.snapshot;
    assert.equal(domains.get(last)?.state, 'running');
    assert.equal(domains.get(uuidOf(1))?.state, 'paused');
    assert.equal(domains.size, count);
    host.session.dispose();
  });
});
