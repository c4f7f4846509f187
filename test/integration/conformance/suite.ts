import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import {
  domainEventId,
  domainLifecycle,
  domainStates,
  domainXmlFlag,
  listDomains,
  statsGroup,
  statsNoWait,
} from '../../../src/libvirt/constants.ts';
import { errorCode, LibvirtError } from '../../../src/libvirt/errors.ts';
import { openConnection } from '../../../src/libvirt/openConnection.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../../src/libvirt/protocol/events.ts';
import * as resources from '../../../src/libvirt/protocol/networkAndStorage.ts';
import type { WireDomain } from '../../../src/libvirt/protocol/types.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { formatUuid } from '../../../src/model/uuid.ts';
import { createUnixDialer } from '../../../src/transport/unixDialer.ts';

/** A daemon the suite is run against. */
export interface Subject {
  /** A URI with the daemon's socket in it. */
  readonly uri: string;
  /** The definition of a VM, off, persistent, named `conformance`, that the suite may do anything to. */
  readonly definition: string;
  /** What this driver cannot do, for reasons of its own. */
  readonly lacks: ReadonlySet<Ability>;
  close(): Promise<void>;
}

/** `figures`: statistics beyond states. `stateCodes`: refusals for a state's sake have a code of their own. */
type Ability = 'figures' | 'stateCodes';

/** What a daemon does, whoever it is: every driver and every simulation has to pass. */
export function describeDaemon(name: string, open: () => Promise<Subject>): void {
  describe(`what a daemon does: ${name}`, function () {
    this.timeout(60_000);
    let subject: Subject;
    let connection: Connection;
    let dom: WireDomain;
    const events: (readonly [string, number, number])[] = [];

    before(async () => {
      subject = await open();
      const uri = parseHostUri(subject.uri);
      connection = await openConnection({
        uri,
        dialer: createUnixDialer(uri, systemClock),
        clock: systemClock,
        log: silentLog,
      });
      connection.on(domainLifecycleEvent, ({ msg }) => {
        events.push([msg.dom.name, msg.event, msg.detail]);
      });
      await connection.call(connect.connectDomainEventCallbackRegisterAny, {
        eventID: domainEventId.lifecycle,
        dom: null,
      });
    });

    after(async () => {
      connection.close();
      await subject.close();
    });

    /** Every event up to now has arrived when a later call was answered. */
    async function takeEvents(): Promise<readonly (readonly [string, number, number])[]> {
      await connection.call(connect.connectGetLibVersion, undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return events.splice(0);
    }

    async function state(): Promise<string | undefined> {
      const reply = await connection.call(domains.domainGetState, { dom, flags: 0 });
      return domainStates[reply.state];
    }

    async function listed(flags: number): Promise<boolean> {
      const reply = await connection.call(connect.connectListAllDomains, { needResults: 1, flags });
      return reply.domains.some((each) => each.name === 'conformance');
    }

    function refusal(code: number): (error: unknown) => boolean {
      return (error) => {
        assert.ok(error instanceof LibvirtError, String(error));
        assert.equal(error.code, code, error.message);
        assert.equal(error.level, 2);
        assert.notEqual(error.message, '');
        return true;
      };
    }

    /** What a VM's state does not allow; libvirt's test driver calls some of it an internal error. */
    function refusedByState(error: unknown): boolean {
      assert.ok(error instanceof LibvirtError, String(error));
      const isInternal = error.code === errorCode.internalError && subject.lacks.has('stateCodes');
      return isInternal || refusal(errorCode.operationInvalid)(error);
    }

    it('tells what it is', async () => {
      const { type } = await connection.call(connect.connectGetType, undefined);
      assert.match(type, /^[A-Z]+$/i);
      const { libVer } = await connection.call(connect.connectGetLibVersion, undefined);
      assert.ok(libVer >= 5_000_000n);
      const node = await connection.call(connect.nodeGetInfo, undefined);
      assert.ok(node.cpus > 0 && node.memory > 0n);
      const { hostname } = await connection.call(connect.connectGetHostname, undefined);
      assert.notEqual(hostname, '');
      const { capabilities } = await connection.call(connect.connectGetCapabilities, undefined);
      assert.match(capabilities, /^<capabilities>/);
    });

    it('defines a VM and says so', async () => {
      const reply = await connection.call(domains.domainDefineXmlFlags, {
        xml: subject.definition,
        flags: 0,
      });
      dom = reply.dom;
      assert.equal(dom.name, 'conformance');
      assert.equal(dom.id, -1);
      assert.deepEqual(await takeEvents(), [['conformance', domainLifecycle.defined, 0]]);
      assert.equal(await state(), 'shutoff');
      assert.ok(await listed(0));
      assert.ok(await listed(listDomains.persistent));
      // Defined once more, it is an update
      await connection.call(domains.domainDefineXmlFlags, {
        xml: subject.definition.replace(
          '<name>conformance</name>',
          `<name>conformance</name><uuid>${formatUuid(dom.uuid)}</uuid>`,
        ),
        flags: 0,
      });
      assert.deepEqual(await takeEvents(), [['conformance', domainLifecycle.defined, 1]]);
    });

    it('finds it by name and UUID, and nothing that is not there', async () => {
      const byName = await connection.call(domains.domainLookupByName, { name: 'conformance' });
      const byUuid = await connection.call(domains.domainLookupByUuid, { uuid: dom.uuid });
      assert.deepEqual(byName, byUuid);
      await assert.rejects(
        connection.call(domains.domainLookupByName, { name: 'not there' }),
        refusal(errorCode.noDomain),
      );
    });

    it('tells figures and the definition of a VM that is off', async () => {
      const info = await connection.call(domains.domainGetInfo, { dom });
      assert.equal(info.state, 5);
      assert.ok(info.maxMem > 0n && info.nrVirtCpu > 0);
      const { xml } = await connection.call(domains.domainGetXmlDesc, {
        dom,
        flags: domainXmlFlag.inactive,
      });
      assert.match(xml, /<name>conformance<\/name>/);
      const { retStats } = await connection.call(connect.connectGetAllDomainStats, {
        doms: [dom],
        stats: statsGroup.state,
        flags: 0,
      });
      assert.deepEqual(
        [...retStats[0]!.params].map(({ field, value }) => [field, value]).slice(0, 1),
        [['state.state', 5]],
      );
    });

    it('refuses what its state does not allow', async () => {
      const { domainSuspend, domainResume, domainDestroyFlags } = domains;
      await assert.rejects(connection.call(domainSuspend, { dom }), refusedByState);
      await assert.rejects(connection.call(domainResume, { dom }), refusedByState);
      for (const procedure of [
        domainDestroyFlags,
        domains.domainShutdownFlags,
        domains.domainManagedSave,
      ]) {
        await assert.rejects(connection.call(procedure, { dom, flags: 0 }), refusedByState);
      }
    });

    it('starts, pauses and resumes it, with an event for each', async () => {
      const started = await connection.call(domains.domainCreateWithFlags, { dom, flags: 0 });
      dom = started.dom;
      assert.ok(dom.id > 0);
      assert.equal(await state(), 'running');
      assert.deepEqual(kinds(await takeEvents()).at(-1), domainLifecycle.started);
      await assert.rejects(
        connection.call(domains.domainCreateWithFlags, { dom, flags: 0 }),
        refusedByState,
      );
      await connection.call(domains.domainSuspend, { dom });
      assert.equal(await state(), 'paused');
      assert.deepEqual(kinds(await takeEvents()), [domainLifecycle.suspended]);
      await connection.call(domains.domainResume, { dom });
      assert.equal(await state(), 'running');
      assert.deepEqual(kinds(await takeEvents()), [domainLifecycle.resumed]);
    });

    it('tells statistics of a running VM', async function () {
      if (subject.lacks.has('figures')) {
        this.test!.title += ' (this driver has only states)';
        return;
      }
      const { retStats } = await connection.call(connect.connectGetAllDomainStats, {
        doms: [dom],
        stats: statsGroup.cpuTotal | statsGroup.balloon | statsGroup.vcpu | statsGroup.block,
        flags: statsNoWait,
      });
      const fields = new Map([...retStats[0]!.params].map(({ field, value }) => [field, value]));
      assert.ok(Number(fields.get('cpu.time')) > 0);
      assert.ok(Number(fields.get('balloon.current')) > 0);
      assert.equal(fields.get('vcpu.current'), 1);
      assert.equal(fields.get('block.0.name'), 'vda');
    });

    it('resets it and forces it off', async () => {
      await connection.call(domains.domainReset, { dom, flags: 0 });
      assert.equal(await state(), 'running');
      await takeEvents();
      await connection.call(domains.domainDestroyFlags, { dom, flags: 0 });
      assert.equal(await state(), 'shutoff');
      const seen = await takeEvents();
      assert.deepEqual(seen.at(-1), ['conformance', domainLifecycle.stopped, 1]);
    });

    it('keeps autostart, which it tells nobody', async () => {
      await connection.call(domains.domainSetAutostart, { dom, autostart: 1 });
      const { autostart } = await connection.call(domains.domainGetAutostart, { dom });
      assert.equal(autostart, 1);
      assert.ok(await listed(listDomains.autostart));
      assert.deepEqual(await takeEvents(), []);
      await connection.call(domains.domainSetAutostart, { dom, autostart: 0 });
      assert.ok(!(await listed(listDomains.autostart)));
    });

    it('saves and restores it', async () => {
      await connection.call(domains.domainCreateWithFlags, { dom, flags: 0 });
      await takeEvents();
      await connection.call(domains.domainManagedSave, { dom, flags: 0 });
      assert.equal(await state(), 'shutoff');
      assert.deepEqual((await takeEvents()).at(-1)?.slice(1), [domainLifecycle.stopped, 4]);
      assert.equal(
        (await connection.call(domains.domainHasManagedSaveImage, { dom, flags: 0 })).result,
        1,
      );
      assert.ok(await listed(listDomains.managedSave));
      await assert.rejects(
        connection.call(domains.domainUndefineFlags, { dom, flags: 0 }),
        refusedByState,
      );
      await connection.call(domains.domainManagedSaveRemove, { dom, flags: 0 });
      assert.ok(!(await listed(listDomains.managedSave)));
    });

    it('keeps metadata under a namespace', async () => {
      const metadata = {
        dom,
        type: 2, // VIR_DOMAIN_METADATA_ELEMENT
        uri: 'urn:vm-deck:test',
        flags: 2, // VIR_DOMAIN_AFFECT_CONFIG
      };
      await assert.rejects(
        connection.call(domains.domainGetMetadata, metadata),
        refusal(errorCode.noDomainMetadata),
      );
      await connection.call(domains.domainSetMetadata, {
        ...metadata,
        metadata: '<note>kept</note>',
        key: 'deck',
      });
      const reply = await connection.call(domains.domainGetMetadata, metadata);
      assert.match(reply.metadata, /kept/);
    });

    it('lists snapshots, networks and pools', async () => {
      const { snapshots } = await connection.call(domains.domainListAllSnapshots, {
        dom,
        needResults: 1,
        flags: 0,
      });
      assert.deepEqual(snapshots, []);
      const { nets } = await connection.call(connect.connectListAllNetworks, {
        needResults: 1,
        flags: 0,
      });
      const network = nets.find((net) => net.name === 'default')!;
      const { xml } = await connection.call(resources.networkGetXmlDesc, {
        net: network,
        flags: 0,
      });
      assert.match(xml, /<name>default<\/name>/);
      const { pools } = await connection.call(connect.connectListAllStoragePools, {
        needResults: 1,
        flags: 0,
      });
      for (const pool of pools) {
        const info = await connection.call(resources.storagePoolGetInfo, { pool });
        assert.ok(info.capacity >= info.allocation);
      }
    });

    it('renames it, with one event for each name', async () => {
      await takeEvents();
      await connection.call(domains.domainRename, { dom, newName: 'conformance 2', flags: 0 });
      const seen = await takeEvents();
      assert.deepEqual(seen, [
        ['conformance', domainLifecycle.undefined, 1],
        ['conformance 2', domainLifecycle.defined, 2],
      ]);
      dom = (await connection.call(domains.domainLookupByUuid, { uuid: dom.uuid })).dom;
      assert.equal(dom.name, 'conformance 2');
    });

    it('forgets it, and says so', async () => {
      await connection.call(domains.domainUndefineFlags, { dom, flags: 0 });
      assert.deepEqual(await takeEvents(), [['conformance 2', domainLifecycle.undefined, 0]]);
      await assert.rejects(
        connection.call(domains.domainGetState, { dom, flags: 0 }),
        refusal(errorCode.noDomain),
      );
    });

    it('refuses broken XML and unknown procedures, and goes on', async () => {
      await assert.rejects(
        connection.call(domains.domainDefineXmlFlags, { xml: '<domain>', flags: 0 }),
        LibvirtError,
      );
      await assert.rejects(
        connection.call({ ...connect.connectGetType, number: 9_999 }, undefined),
        refusal(errorCode.rpc),
      );
      assert.equal(connection.isClosed, false);
      await connection.call(connect.connectGetType, undefined);
    });
  });
}

function kinds(events: readonly (readonly [string, number, number])[]): readonly number[] {
  return events.map(([, event]) => event);
}
