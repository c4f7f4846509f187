import assert from 'node:assert/strict';
import { domainXmlFlag, undefineFlag } from '../../../src/libvirt/constants.ts';
import { connectGetLibVersion, connectGetType } from '../../../src/libvirt/protocol/connect.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import {
  deleteDefinition,
  readDeletionFacts,
  restoreDefinition,
  type DeletionChoices,
} from '../../../src/operations/deleteDefinition.ts';
import { serve, turn, uuidOf, type ServedHost } from '../inventory/servedHost.ts';
import { actingHost, optionsOf } from './actingHost.ts';

const plain = '<domain><name>vm-1</name><devices/></domain>';
const withTpm = `<domain><devices><!-- x --><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices></domain>`;
const withPassedTpm = `<domain><description>&lt;backend type='emulator'/></description><devices><tpm><backend type='passthrough'/></tpm></devices></domain>`;

interface World {
  readonly xml?: string;
  readonly libVersion?: bigint;
  readonly type?: string;
  readonly snapshots?: number;
  readonly checkpoints?: number;
  readonly savedState?: boolean;
}

/** A host with one VM that is off, whose daemon undefines and defines. */
async function deletable(world: World = {}): Promise<ServedHost> {
  const host = await actingHost(1, { off: true });
  host.daemon
    .handle(domains.domainGetXmlDesc, () => ({ xml: world.xml ?? plain }))
    .handle(connectGetLibVersion, () => ({ libVer: world.libVersion ?? 9_000_000n }))
    .handle(connectGetType, () => ({ type: world.type ?? 'QEMU' }))
    .handle(domains.domainListAllSnapshots, () => ({ snapshots: [], ret: world.snapshots ?? 0 }))
    .handle(domains.domainHasManagedSaveImage, () => ({ result: world.savedState ? 1 : 0 }))
    .handle(domains.domainUndefineFlags, () => {
      host.served.pop();
    })
    .handle(domains.domainDefineXmlFlags, () => {
      host.served.push({ ...serve(1), state: 5 });
      return { dom: serve(1).wire };
    })
    .handle(domains.domainSetAutostart, () => {
      host.served[0]!.autostart = true;
    });
  if (world.checkpoints !== undefined) {
    const ret = world.checkpoints;
    host.daemon.handle(domains.domainListAllCheckpoints, () => ({ checkpoints: [], ret }));
  }
  await host.session.refreshDomain(uuidOf(1));
  return host;
}

const remove = (host: ServedHost, choices: DeletionChoices = {}) =>
  deleteDefinition(host.session, uuidOf(1), choices, optionsOf(host));

function flagsSent(host: ServedHost): readonly number[] {
  return host.daemon.callsOf(domains.domainUndefineFlags).map(({ flags }) => flags);
}

describe('operations/deleteDefinition', () => {
  it('keeps firmware variables and TPM, and hands out what brings it back', async () => {
    const host = await deletable({ xml: withTpm });
    host.served[0]!.autostart = true;
    await host.session.refreshDomain(uuidOf(1));
    const result = await remove(host);
    assert.ok(result.status === 'done');
    assert.deepEqual(flagsSent(host), [undefineFlag.keepNvram | undefineFlag.keepTpm]);
    assert.deepEqual(
      host.daemon.callsOf(domains.domainGetXmlDesc)[0]?.flags,
      domainXmlFlag.inactive | domainXmlFlag.secure,
    );
    assert.equal(host.session.snapshot.domains.size, 0);
    assert.deepEqual(result.deleted, {
      uuid: uuidOf(1),
      name: 'vm-1',
      xml: withTpm,
      autostart: true,
    });
    assert.deepEqual(await restoreDefinition(host.session, result.deleted, optionsOf(host)), {
      status: 'done',
      uuid: uuidOf(1),
    });
    assert.equal(host.daemon.callsOf(domains.domainDefineXmlFlags)[0]?.xml, withTpm);
    assert.equal(host.session.snapshot.domains.get(uuidOf(1))?.autostart, true);
    host.session.dispose();
  });

  it('does not delete a TPM that an older daemon cannot keep', async () => {
    const before = { libVersion: 8_008_999n };
    const refused = await remove(await deletable({ ...before, xml: withTpm }));
    assert.ok(refused.status === 'refused');
    assert.match(refused.reason, /emulated TPM/);
    for (const xml of [plain, withPassedTpm]) {
      const host = await deletable({ ...before, xml });
      assert.equal((await remove(host)).status, 'done');
      assert.deepEqual(flagsSent(host), [undefineFlag.keepNvram]);
    }
    const exactly = await deletable({ libVersion: 8_009_000n, xml: withTpm });
    assert.equal((await remove(exactly)).status, 'done');
  });

  it('tells a driver without firmware nothing of it', async () => {
    const host = await deletable({ type: 'TEST' });
    assert.equal((await remove(host)).status, 'done');
    assert.deepEqual(flagsSent(host), [0]);
  });

  it('asks before anything else is lost, and says how much', async () => {
    const cases: readonly [World, RegExp, DeletionChoices, number][] = [
      [{ savedState: true }, /saved state/, { removeSavedState: true }, undefineFlag.managedSave],
      [
        { snapshots: 3 },
        /its 3 snapshots/,
        { removeSnapshots: true },
        undefineFlag.snapshotsMetadata,
      ],
      [
        { checkpoints: 1 },
        /its 1 checkpoint\./,
        { removeCheckpoints: true },
        undefineFlag.checkpointsMetadata,
      ],
    ];
    for (const [world, reason, choices, flag] of cases) {
      const host = await deletable(world);
      const refused = await remove(host);
      assert.ok(refused.status === 'refused');
      assert.match(refused.reason, reason);
      assert.deepEqual(flagsSent(host), []);
      assert.equal((await remove(host, choices)).status, 'done');
      assert.deepEqual(flagsSent(host), [flag | undefineFlag.keepNvram | undefineFlag.keepTpm]);
      host.session.dispose();
    }
  });

  it('tells what it would take before anybody decides', async () => {
    const host = await deletable({ snapshots: 2, savedState: true, xml: withTpm, libVersion: 1n });
    const domain = host.session.snapshot.domains.get(uuidOf(1))!;
    assert.deepEqual(await readDeletionFacts(host.session, domain), {
      hasSavedState: true,
      snapshots: 2,
      checkpoints: 0,
      losesTpm: true,
    });
    const asked = host.daemon.callsOf(domains.domainGetXmlDesc).map(({ flags }) => flags);
    assert.deepEqual(asked, [domainXmlFlag.inactive], 'looking needs no secrets');
    host.session.dispose();
  });

  it('lost on the way: its absence shows that it was done, and what brings it back is not lost', async () => {
    const host = await deletable();
    const hold = host.daemon.hold(domains.domainUndefineFlags);
    const result = remove(host);
    await turn(host);
    assert.equal(hold.waiting, 1);
    host.served.pop();
    host.daemon.stop();
    await turn(host);
    host.daemon.start();
    await host.clock.advance(2_000);
    const found = await result;
    assert.ok(found.status === 'done' && found.deleted.xml === plain);
    host.session.dispose();
  });
});
