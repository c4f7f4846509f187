import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { DemoHosts } from '../../../../src/extension/hosts/demoHosts.ts';
import { HostSession } from '../../../../src/inventory/hostSession.ts';
import { TransportError } from '../../../../src/libvirt/errors.ts';
import { parseHostUri } from '../../../../src/libvirt/uri.ts';
import { createDialer } from '../../../../src/transport/createDialer.ts';
import { FakeClock } from '../../../fakes/fakeClock.ts';

function isUnsupported(error: unknown): boolean {
  return error instanceof TransportError && error.kind === 'unsupported';
}

describe('extension/hosts/demoHosts', () => {
  it('gives a session a host with as many VMs as its URI says', async () => {
    const clock = new FakeClock();
    const hosts = new DemoHosts();
    const uri = parseHostUri('demo:///default?vms=7&seed=3');
    const dialer = hosts.offerWith(createDialer)(uri, clock);
    // Loading the simulation takes real time, which the clock of this test knows nothing of
    (await dialer.dial({ readOnly: true })).destroy();
    const session = new HostSession({
      name: 'Demo',
      uri,
      dialer,
      clock,
      log: silentLog,
      readOnly: false,
    });
    const connected = async (): Promise<void> => {
      session.connect();
      for (let step = 0; session.snapshot.readAt === undefined; step++) {
        assert.ok(step < 500, JSON.stringify(session.snapshot.status));
        await clock.advance(20);
      }
    };
    await connected();
    assert.equal(session.snapshot.status.state, 'connected');
    const names = [...session.snapshot.domains.values()].map(({ name }) => name).sort();
    assert.equal(names.length, 7);
    assert.equal(session.snapshot.node?.hypervisor, 'QEMU');
    session.dispose();
    hosts.dispose();
    await clock.advance(0);
    assert.equal(clock.pendingTimers, 0);
  });

  for (const wrong of ['vms=many', 'stuck=nobody', 'slow=x']) {
    it(`says what is wrong with ${wrong} when it is dialled`, async () => {
      const uri = parseHostUri(`demo:///default?${wrong}`);
      const dialer = new DemoHosts().offerWith(createDialer)(uri, new FakeClock());
      await assert.rejects(dialer.dial({ readOnly: false }), isUnsupported);
    });
  }

  it('is offered nowhere else', () => {
    const clock = new FakeClock();
    assert.throws(() => createDialer(parseHostUri('demo:///default'), clock), isUnsupported);
    assert.throws(
      () => parseHostUri('demo:///default?socket=/run/libvirt/libvirt-sock'),
      isUnsupported,
    );
    assert.throws(() => parseHostUri('qemu:///system?vms=24'), isUnsupported);
    const other = { place: 'elsewhere', dial: () => Promise.reject(new Error('not dialled')) };
    const dialer = new DemoHosts().offerWith(() => other)(parseHostUri('qemu:///system'), clock);
    assert.equal(dialer, other);
  });
});
