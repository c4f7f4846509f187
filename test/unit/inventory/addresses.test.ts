import assert from 'node:assert/strict';
import type { HostChange } from '../../../src/inventory/changes.ts';
import { addressSource, domainLifecycle } from '../../../src/libvirt/constants.ts';
import { errorCode, TransportError } from '../../../src/libvirt/errors.ts';
import { domainInterfaceAddresses } from '../../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import { shortAddress } from '../../../src/model/address.ts';
import { notSupported, Refusal } from '../../fakes/refusal.ts';
import { unanswered } from '../../fakes/servedCall.ts';
import { connected, createServedHost, turn, uuidOf, type ServedHost } from './servedHost.ts';

const looking = { intervalMs: 2_000, groups: 0, isVisible: true };
const iface = (...addrs: readonly [number, string][]) => ({
  name: 'vnet0',
  hwaddr: '52:54:00:00:00:01',
  addrs: addrs.map(([type, addr]) => ({ type, addr, prefix: 24 })),
});

describe('the addresses of VMs', () => {
  let host: ServedHost;
  let changes: HostChange[];
  /** What the daemon tells of leases and agents. */
  let leases: ReturnType<typeof iface>[];
  let agent: ReturnType<typeof iface>[];

  function create(count: number): void {
    leases = [];
    agent = [];
    changes = [];
    host = createServedHost(count);
    host.daemon.handle(domainInterfaceAddresses, ({ source }) => ({
      ifaces: source === addressSource.lease ? leases : agent,
    }));
    host.session.onDidChange((batch) => {
      changes.push(...batch.filter(({ kind }) => kind === 'addresses'));
    });
  }

  afterEach(async () => {
    host.session.dispose();
    await turn(host);
    assert.equal(host.clock.pendingTimers, 0);
  });

  const asked = () => host.daemon.callsOf(domainInterfaceAddresses).length;

  async function become(state: number, event: number, id: number): Promise<void> {
    host.served[0] = { ...host.served[0]!, state, wire: { ...host.served[0]!.wire, id } };
    const msg = { dom: host.served[0].wire, event, detail: 0 };
    host.daemon.sendEvent(domainLifecycleEvent, { callbackID: 0, msg });
    await turn(host);
  }
  const stop = () => become(5, domainLifecycle.stopped, -1);
  const start = () => become(1, domainLifecycle.started, 8);

  it('are read while somebody looks, and again every five minutes', async () => {
    create(1);
    leases = [iface([1, 'fd00::5'], [0, '10.0.0.21'])];
    await connected(host);
    await host.clock.advance(200_000);
    assert.equal(asked(), 0, 'nobody looks');
    const looks = host.session.observe(looking);
    await turn(host);
    assert.deepEqual(
      host.session.addresses.of(uuidOf(1)).map(({ address, family }) => [address, family]),
      [
        ['10.0.0.21', 'ipv4'],
        ['fd00::5', 'ipv6'],
      ],
    );
    assert.deepEqual(changes, [{ kind: 'addresses', uuids: [uuidOf(1)] }]);
    await host.clock.advance(299_000);
    assert.equal(asked(), 1);
    await host.clock.advance(2_000);
    assert.equal(asked(), 2);
    assert.equal(changes.length, 1, 'the same as before is no news');
    looks.dispose();
    await host.clock.advance(400_000);
    assert.equal(asked(), 2);
    host.session.observe(looking);
    await turn(host);
    assert.equal(asked(), 3, 'what is old is read as soon as somebody looks again');
  });

  it('go when the VM stops; a new start is followed at 3, 6, 12 and 25 s, then by the minute', async () => {
    create(1);
    leases = [iface([0, '10.0.0.21'])];
    await connected(host);
    host.session.observe(looking);
    await turn(host);
    await stop();
    assert.deepEqual(host.session.addresses.of(uuidOf(1)), []);
    assert.equal(changes.length, 2);
    leases = [];
    await host.clock.advance(300_000);
    assert.equal(asked(), 1, 'nothing is asked about a VM that is off');
    await start();
    const moments: number[] = [];
    for (let second = 1; second <= 90; second++) {
      const before = asked();
      await host.clock.advance(1_000);
      moments.push(...Array.from({ length: asked() - before }, () => second));
    }
    assert.deepEqual(moments, [3, 6, 12, 25, 85]);
    await stop();
    await start();
    await host.clock.advance(3_000);
    const soFar = asked();
    leases = [iface([0, '10.0.0.22'])];
    await host.clock.advance(3_000);
    assert.equal(shortAddress(host.session.addresses.of(uuidOf(1))), '10.0.0.22');
    await host.clock.advance(50_000);
    assert.equal(asked(), soFar + 1, 'with a lease there is no hurry');
  });

  it('an answer about an instance that has stopped meanwhile is nobody’s', async () => {
    create(1);
    leases = [iface([0, '10.0.0.21'])];
    await connected(host);
    const hold = host.daemon.hold(domainInterfaceAddresses);
    host.session.observe(looking);
    await turn(host);
    assert.equal(hold.waiting, 1);
    await stop();
    await start();
    hold.release();
    await turn(host);
    assert.deepEqual(host.session.addresses.of(uuidOf(1)), []);
  });

  it('no more than two calls at a time, and every VM has its turn', async () => {
    create(7);
    await connected(host);
    const hold = host.daemon.hold(domainInterfaceAddresses);
    host.session.observe(looking);
    await turn(host);
    assert.equal(hold.waiting, 2);
    hold.release();
    await turn(host);
    assert.equal(
      new Set(host.daemon.callsOf(domainInterfaceAddresses).map(({ dom }) => dom.name)).size,
      7,
    );
    assert.equal(asked(), 7);
  });

  it('a driver that cannot tell is asked once per connection; one VM that cannot is asked again', async () => {
    create(3);
    host.daemon.handle(domainInterfaceAddresses, () => {
      throw notSupported('domainInterfaceAddresses');
    });
    await connected(host);
    host.session.observe(looking);
    await host.clock.advance(200_000);
    assert.ok(asked() <= 2, 'those that were under way');
    const before = asked();
    host.daemon.handle(domainInterfaceAddresses, ({ dom }) => {
      if (dom.name === 'vm-1') {
        throw new Refusal(errorCode.operationFailed, 'no leases now');
      }
      return { ifaces: [iface([0, '10.0.0.9'])] };
    });
    host.daemon.stop();
    await turn(host);
    host.daemon.start();
    await host.clock.advance(5_000);
    assert.equal(asked(), before + 3);
    assert.equal(shortAddress(host.session.addresses.of(uuidOf(2))), '10.0.0.9');
    await host.clock.advance(60_000);
    assert.equal(asked(), before + 4, 'the one without, after a minute');
    await host.clock.advance(240_000);
    assert.equal(asked(), before + 10);
  });

  it('of many VMs are read two at a time, each once, and one that starts meanwhile is not forgotten', async () => {
    create(300);
    leases = [iface([0, '10.0.0.21'])];
    await connected(host);
    const hold = host.daemon.hold(domainInterfaceAddresses);
    host.session.observe(looking);
    await turn(host);
    assert.equal(asked(), 2);
    await stop();
    await start();
    hold.release();
    await host.clock.advance(2_000);
    assert.equal(asked(), 300);
    await host.clock.advance(2_000);
    assert.equal(asked(), 301, 'what was told of the first was of before it stopped');
    for (let id = 1; id <= 300; id++) {
      assert.equal(shortAddress(host.session.addresses.of(uuidOf(id))), '10.0.0.21');
    }
  });

  it('the agent is asked on demand only, and its answer is kept where no lease is known', async () => {
    create(1);
    agent = [{ ...iface([0, '127.0.0.1'], [0, '192.0.2.7']), name: 'eth0' }];
    await connected(host);
    host.session.observe(looking);
    await turn(host);
    const found = await host.session.addresses.readAgentAddresses(uuidOf(1));
    assert.equal(shortAddress(found), '192.0.2.7');
    assert.deepEqual(host.session.addresses.of(uuidOf(1)), found);
    leases = [iface([0, '10.0.0.21'])];
    await host.clock.advance(61_000);
    assert.equal(shortAddress(host.session.addresses.of(uuidOf(1))), '10.0.0.21');
    await stop();
    assert.deepEqual(host.session.addresses.of(uuidOf(1)), []);
  });

  it('an agent that does not answer is given up after 5 s, and not asked again until it has', async () => {
    create(1);
    await connected(host);
    host.daemon.handle(domainInterfaceAddresses, () => unanswered);
    const read = () => host.session.addresses.readAgentAddresses(uuidOf(1));
    const first = assert.rejects(
      read(),
      (error) => error instanceof TransportError && error.kind === 'timeout',
    );
    await host.clock.advance(5_000);
    await first;
    await assert.rejects(read(), /has not answered the last question/);
    assert.equal(asked(), 1);
    await stop();
    await assert.rejects(host.session.addresses.readAgentAddresses(uuidOf(9)), TransportError);
  });

  it('a refusal of the agent is told, and the next question asked', async () => {
    create(1);
    await connected(host);
    host.daemon.handle(domainInterfaceAddresses, () => {
      throw new Refusal(errorCode.agentUnresponsive, 'Guest agent is not responding');
    });
    const read = () => host.session.addresses.readAgentAddresses(uuidOf(1));
    await assert.rejects(read(), { code: errorCode.agentUnresponsive });
    await assert.rejects(read(), { code: errorCode.agentUnresponsive });
    assert.equal(asked(), 2);
  });

  it('only what can be reached from elsewhere is worth a place in the tree', () => {
    const short = (...addresses: readonly string[]) =>
      shortAddress(
        addresses.map((address) => ({
          ...{ interface: 'x', mac: undefined, prefix: 8, address },
          family: address.includes(':') ? ('ipv6' as const) : ('ipv4' as const),
        })),
      );
    assert.equal(short('127.0.0.1', '169.254.3.4', '::1', 'FE80::1', 'febf::1'), undefined);
    assert.equal(short('127.0.0.1', 'fe80::1', 'fd00::1'), 'fd00::1');
    assert.equal(short('12.7.0.1'), '12.7.0.1');
    assert.equal(short(), undefined);
  });
});
