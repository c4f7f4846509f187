import assert from 'node:assert/strict';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { LibvirtError } from '../../../src/libvirt/errors.ts';
import { shortAddress } from '../../../src/model/address.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { openSession, until } from './rigSession.ts';

const looking = { intervalMs: 2_000, groups: 0, isVisible: true };

describe('addresses of real guests', function () {
  this.timeout(120_000);
  let host: RigHost;
  let session: HostSession;

  before(async () => {
    host = await startRigHost({ name: 'addresses' });
    await host.startDefaultNetwork();
  });

  after(async () => {
    session.dispose();
    await host.stop();
  });

  it('a lease shows soon after the start and goes with the VM; who may only look sees it too', async () => {
    const guest: Guest = await host.defineGuest({ name: 'web-01', network: 'network' });
    session = await openSession(host.socketPath);
    session.observe(looking);
    const reported: string[] = [];
    session.onDidChange((changes) => {
      reported.push(
        ...changes.flatMap((change) => (change.kind === 'addresses' ? change.uuids : [])),
      );
    });
    assert.deepEqual(session.addresses.of(guest.uuid), []);
    await guest.start();
    const shown = await until(
      session,
      'an address',
      () => shortAddress(session.addresses.of(guest.uuid)),
      60_000,
    );
    assert.match(shown, /^192\.168\.122\.\d+$/);
    assert.ok((await host.mustVirsh('domifaddr', guest.uuid)).includes(`${shown}/24`));
    assert.deepEqual(reported, [guest.uuid]);

    const looker = await openSession(host.socketPath, { readOnly: true });
    looker.observe(looking);
    await until(
      looker,
      'the address',
      () => shortAddress(looker.addresses.of(guest.uuid)) === shown,
    );
    looker.dispose();

    await guest.waitAgent();
    const agent = await session.addresses.readAgentAddresses(guest.uuid);
    assert.ok(agent.some(({ address }) => address === '127.0.0.1'));
    assert.equal(shortAddress(agent), shown);

    await guest.destroy();
    await until(session, 'no address', () => session.addresses.of(guest.uuid).length === 0);
    assert.equal(reported.length, 2);
  });

  it('a guest without an agent is refused by libvirt, not waited for', async () => {
    const guest = await host.defineGuest({ name: 'mute', agent: false });
    await guest.start();
    await until(
      session,
      'it runs',
      () => session.snapshot.domains.get(guest.uuid)?.state === 'running',
    );
    await assert.rejects(session.addresses.readAgentAddresses(guest.uuid), LibvirtError);
    await guest.destroy();
  });

  it('the test driver makes some up, which show too', async () => {
    const worlds = await openSession(host.socketPath, { driver: 'test+unix:///default' });
    worlds.observe(looking);
    const [domain] = worlds.snapshot.domains.values();
    await until(worlds, 'an address', () => shortAddress(worlds.addresses.of(domain!.uuid)));
    worlds.dispose();
  });
});
