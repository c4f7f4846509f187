import assert from 'node:assert/strict';
import type { HostChange } from '../../../src/inventory/changes.ts';
import { OpenObjects } from '../../../src/inventory/openObjects.ts';
import { domainXmlFlag } from '../../../src/libvirt/constants.ts';
import { errorCode } from '../../../src/libvirt/errors.ts';
import { domainGetXmlDesc, domainListAllSnapshots } from '../../../src/libvirt/protocol/domain.ts';
import * as resources from '../../../src/libvirt/protocol/networkAndStorage.ts';
import type { Domain } from '../../../src/model/domain.ts';
import type { Network } from '../../../src/model/network.ts';
import type { Pool } from '../../../src/model/pool.ts';
import { createConnected, type Connected } from '../../fakes/connected.ts';
import { settle } from '../../fakes/fakeClock.ts';
import { noSuchDomain, Refusal } from '../../fakes/refusal.ts';
import { aDomain, aRunningDomain } from './aDomain.ts';
import { serve, uuidOf } from './servedHost.ts';

const aNetwork: Network = {
  uuid: uuidOf(1),
  name: 'default',
  active: true,
  persistent: true,
  autostart: false,
};
const aPool: Pool = {
  uuid: uuidOf(1),
  name: 'images',
  state: 'running',
  persistent: true,
  autostart: false,
  capacityBytes: 0,
  allocationBytes: 0,
  availableBytes: 0,
};

describe('open objects', () => {
  let wire: Connected;
  let open: OpenObjects;
  let isConnected: boolean;
  let domain: Domain | undefined;
  let network: Network;
  let pool: Pool;
  let changes: HostChange[];
  let logged: string[];
  /** Tells one reading's definition from the next one's. */
  let edition: number;

  beforeEach(() => {
    wire = createConnected();
    isConnected = true;
    domain = aRunningDomain({ uuid: uuidOf(1) });
    network = aNetwork;
    pool = aPool;
    changes = [];
    logged = [];
    edition = 1;
    wire.daemon
      .handle(domainGetXmlDesc, ({ flags }) => ({
        xml: `<${flags === domainXmlFlag.inactive ? 'inactive' : 'live'} edition='${edition}'/>`,
      }))
      .handle(domainListAllSnapshots, ({ dom }) => ({
        snapshots: [
          { name: 'before', dom },
          { name: 'after', dom },
        ],
        ret: 2,
      }));
    const log = (message: string): void => {
      logged.push(message);
    };
    open = new OpenObjects({
      connection: () => (isConnected ? wire.connection : undefined),
      domain: (uuid) => (domain?.uuid === uuid ? domain : undefined),
      network: (uuid) => (network.uuid === uuid ? network : undefined),
      pool: (uuid) => (pool.uuid === uuid ? pool : undefined),
      report: (change) => {
        changes.push(change);
      },
      clock: wire.clock,
      log: { trace: log, debug: log, info: log, warn: log, error: log },
    });
  });

  afterEach(() => {
    wire.connection.close();
  });

  function details(): readonly unknown[] {
    return changes.map((change) => (change.kind === 'domainDetails' ? change.details : change));
  }

  it('a running VM: both definitions and its snapshots, when opened', async () => {
    const readAt = wire.clock.now();
    open.openDomain(uuidOf(1));
    await settle();
    assert.deepEqual(changes, [
      {
        kind: 'domainDetails',
        uuid: uuidOf(1),
        details: {
          liveXml: "<live edition='1'/>",
          inactiveXml: "<inactive edition='1'/>",
          snapshots: ['before', 'after'],
          readAt,
        },
      },
    ]);
  });

  it('of a VM that is off, or has no definition, only what there is', async () => {
    wire.daemon.handle(domainListAllSnapshots, () => {
      throw new Refusal(errorCode.noSupport, 'this driver has no snapshots');
    });
    const readAt = wire.clock.now();
    domain = aDomain({ uuid: uuidOf(1) });
    open.openDomain(uuidOf(1));
    await settle();
    domain = aRunningDomain({ uuid: uuidOf(1), persistent: false });
    await open.rereadDomain(uuidOf(1));
    const [liveXml, inactiveXml] = ["<live edition='1'/>", "<inactive edition='1'/>"];
    assert.deepEqual(details(), [
      { liveXml: null, inactiveXml, snapshots: [], readAt },
      { liveXml, inactiveXml: null, snapshots: [], readAt },
    ]);
  });

  it('is read again for as long as anybody has it open', async () => {
    const first = open.openDomain(uuidOf(1));
    const second = open.openDomain(uuidOf(1));
    await settle();
    changes = [];
    first.dispose();
    first.dispose();
    assert.ok(open.isDomainOpen(uuidOf(1)));
    await open.rereadAll();
    assert.equal(changes.length, 1);
    second.dispose();
    assert.ok(!open.isDomainOpen(uuidOf(1)));
    const calls = wire.daemon.calls.length;
    await open.rereadAll();
    await open.rereadDomain(uuidOf(1));
    assert.equal(wire.daemon.calls.length, calls);
  });

  it('nothing is asked while the host is away, nor of what is gone', async () => {
    isConnected = false;
    open.openDomain(uuidOf(1));
    open.openNetwork(uuidOf(1));
    open.openPool(uuidOf(1));
    await settle();
    isConnected = true;
    domain = undefined;
    await open.rereadDomain(uuidOf(1));
    assert.equal(wire.daemon.calls.length, 0);
    assert.deepEqual([changes, logged], [[], []]);
  });

  it('what vanishes or breaks meanwhile ends the reading, and is only logged', async () => {
    wire.daemon.handle(domainGetXmlDesc, () => {
      throw noSuchDomain('web-01');
    });
    open.openDomain(uuidOf(1));
    await settle();
    assert.match(logged.join(), /details of web-01 could not be read: Domain not found/);
    wire.daemon.hold(domainListAllSnapshots);
    const reading = open.rereadDomain(uuidOf(1));
    await settle();
    wire.server.drop();
    await reading;
    assert.equal(logged.length, 2);
    assert.deepEqual(changes, []);
  });

  it('an older reading that ends later does not undo a newer one', async () => {
    open.openDomain(uuidOf(1));
    await settle();
    changes = [];
    let isFirst = true;
    let release = (): void => undefined;
    // The daemon serves calls of one connection side by side: the newer reading may end first
    wire.daemon.handle(domainListAllSnapshots, async () => {
      if (isFirst) {
        isFirst = false;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return { snapshots: [], ret: 0 };
    });
    const older = open.rereadDomain(uuidOf(1));
    await settle();
    edition = 2;
    await open.rereadDomain(uuidOf(1));
    release();
    await older;
    const editions = changes.map((change) =>
      change.kind === 'domainDetails' ? change.details.liveXml : undefined,
    );
    assert.deepEqual(editions, ["<live edition='2'/>"]);
  });

  it('nobody is told of what was closed while it was read', async () => {
    const hold = wire.daemon.hold(domainListAllSnapshots);
    open.openDomain(uuidOf(1)).dispose();
    await settle();
    hold.release();
    await settle();
    assert.deepEqual(changes, []);
  });

  describe('a network', () => {
    const lease = {
      iface: 'virbr0',
      expirytime: 1_800_000_000n,
      type: 0,
      mac: '52:54:00:00:00:01',
      iaid: null,
      ipaddr: '192.168.122.7',
      prefix: 24,
      hostname: 'web-01',
      clientid: null,
    };

    it('its leases, when opened and when networks were touched', async () => {
      wire.daemon.handle(resources.networkGetDhcpLeases, () => ({ leases: [lease], ret: 1 }));
      const opened = open.openNetwork(uuidOf(1));
      await settle();
      const leases = [
        {
          mac: lease.mac,
          address: lease.ipaddr,
          prefix: 24,
          hostname: 'web-01',
          expiresAt: 1_800_000_000,
        },
      ];
      assert.deepEqual(changes, [{ kind: 'leases', uuid: uuidOf(1), leases }]);
      await open.rereadNetworks();
      assert.equal(changes.length, 2);
      opened.dispose();
      await open.rereadNetworks();
      assert.equal(changes.length, 2);
    });

    it('none where it is off or the driver cannot tell', async () => {
      open.openNetwork(uuidOf(1));
      await settle();
      network = { ...aNetwork, active: false };
      const calls = wire.daemon.calls.length;
      await open.rereadNetworks();
      assert.equal(wire.daemon.calls.length, calls);
      const none = { kind: 'leases', uuid: uuidOf(1), leases: [] };
      assert.deepEqual(changes, [none, none]);
    });
  });

  describe('a pool', () => {
    it('its volumes with their sizes; one deleted meanwhile is left out', async () => {
      const vols = ['a.qcow2', 'b.qcow2'].map((name) => ({
        pool: 'images',
        name,
        key: `/images/${name}`,
      }));
      wire.daemon
        .handle(resources.storagePoolListAllVolumes, () => ({ vols, ret: 2 }))
        .handle(resources.storageVolGetInfo, ({ vol }) => {
          if (vol.name === 'b.qcow2') {
            throw new Refusal(errorCode.noStorageVolume, 'Storage volume not found');
          }
          return { type: 0, capacity: 2_048n, allocation: 1_024n };
        });
      open.openPool(uuidOf(1));
      await settle();
      const [first] = vols;
      assert.deepEqual(changes, [
        {
          kind: 'volumes',
          uuid: uuidOf(1),
          volumes: [
            { name: first!.name, key: first!.key, capacityBytes: 2_048, allocationBytes: 1_024 },
          ],
        },
      ]);
    });

    it('none of one that is off; a refusal is only logged', async () => {
      open.openPool(uuidOf(1));
      await settle();
      assert.match(logged.join(), /volumes of images could not be read/);
      pool = { ...aPool, state: 'inactive' };
      await open.rereadPools();
      assert.deepEqual(changes, [{ kind: 'volumes', uuid: uuidOf(1), volumes: [] }]);
    });
  });

  it('a VM that is opened is asked for by the name it has now', async () => {
    open.openDomain(uuidOf(1));
    await settle();
    domain = aRunningDomain({ uuid: uuidOf(1), name: 'renamed', id: 9 });
    await open.rereadDomain(uuidOf(1));
    const asked = wire.daemon.callsOf(domainGetXmlDesc).at(-1)?.dom;
    assert.deepEqual(
      [asked?.name, asked?.id, Buffer.from(asked!.uuid)],
      ['renamed', 9, Buffer.from(serve(1).wire.uuid)],
    );
  });
});
