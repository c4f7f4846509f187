import assert from 'node:assert/strict';
import { domainEventId, statsGroup, undefineFlag } from '../../../src/libvirt/constants.ts';
import { errorCode, LibvirtError, TransportError } from '../../../src/libvirt/errors.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import {
  domainAgentLifecycleEvent,
  domainLifecycleEvent,
  domainRebootEvent,
} from '../../../src/libvirt/protocol/events.ts';
import * as others from '../../../src/libvirt/protocol/otherClients.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { openDemo, type OpenDemo } from './openDemo.ts';

const definition = `<domain type='kvm'><name>mine</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>
  <os><type>hvm</type></os><devices><channel type='unix'>
  <target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>`;

/** What a client is told, in order. */
async function listen(connection: Connection, { during }: OpenDemo): Promise<readonly string[]> {
  const seen: string[] = [];
  connection.on(domainLifecycleEvent, ({ msg }) => {
    seen.push(`lifecycle ${msg.event}/${msg.detail}`);
  });
  connection.on(domainAgentLifecycleEvent, ({ state, reason }) => {
    seen.push(`agent ${state}/${reason}`);
  });
  connection.on(domainRebootEvent, () => {
    seen.push('reboot');
  });
  for (const eventID of [
    domainEventId.lifecycle,
    domainEventId.agentLifecycle,
    domainEventId.reboot,
  ]) {
    await during(
      connection.call(connect.connectDomainEventCallbackRegisterAny, { eventID, dom: null }),
    );
  }
  return seen;
}

function refused(code: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LibvirtError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

describe('demo, a simulated host', () => {
  let demo: OpenDemo;

  afterEach(() => {
    demo.dialer.dispose();
  });

  it('starts, shuts down and reboots a VM in a guest’s own time', async () => {
    demo = await openDemo();
    const { connection, clock, during } = demo;
    const { dom } = await during(
      connection.call(domains.domainDefineXmlFlags, { xml: definition, flags: 0 }),
    );
    const seen = await listen(connection, demo);
    await during(connection.call(domains.domainCreateWithFlags, { dom, flags: 0 }));
    assert.deepEqual(seen, ['agent 2/1', 'lifecycle 4/0', 'lifecycle 2/0']);
    await clock.advance(12_000);
    assert.deepEqual(seen.slice(3), ['agent 1/2']);
    await during(connection.call(domains.domainReboot, { dom, flags: 0 }));
    await clock.advance(20_000);
    assert.deepEqual(seen.slice(4), ['agent 2/2', 'reboot', 'agent 1/2']);
    await during(connection.call(domains.domainShutdownFlags, { dom, flags: 0 }));
    assert.equal(
      (await during(connection.call(domains.domainGetState, { dom, flags: 0 }))).state,
      1,
    );
    await clock.advance(10_000);
    assert.deepEqual(seen.slice(7), ['agent 2/2', 'lifecycle 6/1', 'lifecycle 5/0']);
  });

  it('forgets a VM that was undefined while it ran once it ends', async () => {
    demo = await openDemo();
    const { connection, during } = demo;
    const { dom } = await during(
      connection.call(domains.domainDefineXmlFlags, { xml: definition, flags: 0 }),
    );
    await during(connection.call(domains.domainCreateWithFlags, { dom, flags: 0 }));
    await during(connection.call(domains.domainUndefineFlags, { dom, flags: 0 }));
    assert.equal(
      (await during(connection.call(domains.domainIsPersistent, { dom }))).persistent,
      0,
    );
    await during(connection.call(domains.domainDestroyFlags, { dom, flags: 0 }));
    await assert.rejects(demo.lookup('mine'), refused(errorCode.noDomain));
  });

  it('shows the progress of a save, and breaks it off on demand', async () => {
    demo = await openDemo();
    const { connection, clock, during } = demo;
    const vm = [...demo.dialer.daemon.world.vms].find(({ state }) => state === 'running')!;
    const dom = vm.wire;
    const saving = connection.call(domains.domainManagedSave, { dom, flags: 0 });
    saving.catch(() => undefined);
    await clock.advance(300);
    const info = await during(connection.call(domains.domainGetJobInfo, { dom }));
    assert.equal(info.type, 2);
    assert.ok(info.dataProcessed > 0n && info.dataProcessed < info.dataTotal);
    await during(connection.call(domains.domainAbortJob, { dom }));
    await assert.rejects(during(saving), refused(errorCode.operationAborted));
    assert.deepEqual([vm.state, vm.reason, vm.hasManagedSave], ['running', 7, false]);
    await during(connection.call(domains.domainManagedSave, { dom, flags: 0 }));
    assert.ok(vm.hasManagedSave);
    await assert.rejects(
      during(connection.call(domains.domainUndefineFlags, { dom, flags: 0 })),
      refused(errorCode.operationInvalid),
    );
    await during(
      connection.call(domains.domainUndefineFlags, { dom, flags: undefineFlag.managedSave }),
    );
  });

  it('never answers for a stuck VM, until it is killed or goes on', async () => {
    demo = await openDemo();
    const { connection, clock, during } = demo;
    const vm = [...demo.dialer.daemon.world.vms].find(({ state }) => state === 'running')!;
    const dom = vm.wire;
    demo.dialer.daemon.faults.setStuck(vm.name, true);
    const statistics = { doms: [dom], stats: statsGroup.balloon, flags: 0 };
    let answers = 0;
    const asked = [1, 2].map(() =>
      connection.call(connect.connectGetAllDomainStats, statistics).then(() => answers++),
    );
    await clock.advance(20_000);
    assert.equal(answers, 0);
    const control = await during(connection.call(domains.domainGetControlInfo, { dom, flags: 0 }));
    assert.deepEqual([control.state, control.stateTime], [2, 20_000n]);
    // States are known without a word from its QEMU
    await during(
      connection.call(connect.connectGetAllDomainStats, { ...statistics, stats: statsGroup.state }),
    );
    demo.dialer.daemon.faults.setStuck(vm.name, false);
    await during(Promise.all(asked));
    demo.dialer.daemon.faults.setStuck(vm.name, true);
    const pausing = connection.call(domains.domainSuspend, { dom });
    pausing.catch(() => undefined);
    await during(connection.call(domains.domainDestroyFlags, { dom, flags: 0 }));
    await assert.rejects(during(pausing), refused(errorCode.operationFailed));
  });

  it('serves five calls of a client at a time, and others go on', async () => {
    demo = await openDemo();
    const { connection, clock, during } = demo;
    const vm = [...demo.dialer.daemon.world.vms].find(({ state }) => state === 'running')!;
    demo.dialer.daemon.faults.setStuck(vm.name, true);
    for (let call = 0; call < 5; call++) {
      connection
        .call(connect.connectGetAllDomainStats, {
          doms: [vm.wire],
          stats: statsGroup.balloon,
          flags: 0,
        })
        .catch(() => undefined);
    }
    let isServed = false;
    connection.call(connect.connectGetType, undefined).then(
      () => (isServed = true),
      () => undefined,
    );
    await clock.advance(1_000);
    assert.equal(isServed, false);
    const other = await demo.connect();
    await during(other.call(connect.connectGetType, undefined));
  });

  it('lets a client that only looks change nothing', async () => {
    demo = await openDemo();
    const { during } = demo;
    const looking = await demo.connect({ readOnly: true });
    const [vm] = demo.dialer.daemon.world.vms;
    await during(looking.call(domains.domainGetXmlDesc, { dom: vm!.wire, flags: 0 }));
    await assert.rejects(
      during(looking.call(domains.domainDestroyFlags, { dom: vm!.wire, flags: 0 })),
      refused(errorCode.operationDenied),
    );
  });

  it('fails on demand: slow and refused calls, a crash, dropped clients', async () => {
    demo = await openDemo();
    const { connection, clock, during } = demo;
    const { faults, world } = demo.dialer.daemon;
    faults.slow('connectGetType', 3_000);
    let isAnswered = false;
    const slow = connection.call(connect.connectGetType, undefined).then(() => {
      isAnswered = true;
    });
    await clock.advance(2_900);
    assert.equal(isAnswered, false);
    await during(slow);
    faults.refuse('connectGetHostname', 'no');
    await assert.rejects(
      during(connection.call(connect.connectGetHostname, undefined)),
      refused(errorCode.operationFailed),
    );
    const vm = [...world.vms].find(({ state }) => state === 'running')!;
    const seen = await listen(connection, demo);
    faults.crash(vm.name);
    await clock.advance(0);
    assert.deepEqual(seen, ['lifecycle 5/5']);
    assert.deepEqual([vm.state, vm.reason], ['shutoff', 3]);
    demo.dialer.daemon.dropConnections();
    await clock.advance(10);
    assert.ok(connection.isClosed);
  });

  it('lets go wrong what its URI says, when it says so', async () => {
    demo = await openDemo({
      faults: {
        ...{ stuck: 'web-01@10-20', crash: 'web-01@40', slow: 'connectGetType=1000' },
        ...{ refuse: 'domainCreate', 'ignore-shutdown': 'web-01', 'drop-every': '60' },
      },
    });
    const { connection, clock, during } = demo;
    const dom = await demo.lookup('web-01');
    const suspend = (): Promise<void> => connection.call(domains.domainSuspend, { dom });
    await during(suspend());
    await clock.advance(10_000);
    let isDone = false;
    const stuck = connection.call(domains.domainResume, { dom }).then(() => {
      isDone = true;
    });
    await clock.advance(5_000);
    assert.equal(isDone, false);
    await during(stuck);
    await during(connection.call(domains.domainShutdownFlags, { dom, flags: 0 }));
    await assert.rejects(
      during(connection.call(domains.domainCreateWithFlags, { dom, flags: 0 })),
      refused(errorCode.operationFailed),
    );
    await clock.advance(8_000);
    const state = () => during(connection.call(domains.domainGetState, { dom, flags: 0 }));
    assert.deepEqual(await state(), { state: 1, reason: 5 });
    await clock.advance(20_000);
    assert.deepEqual(await state(), { state: 5, reason: 3 });
    assert.equal(connection.isClosed, false);
    await clock.advance(20_000);
    assert.ok(connection.isClosed);
  });

  it('keeps the disks of a VM that is deleted', async () => {
    demo = await openDemo();
    const { connection, during } = demo;
    const vm = [...demo.dialer.daemon.world.vms].find(
      (each) => !each.isActive && !each.hasManagedSave,
    )!;
    const path = vm.hardware.disks[0]!.path!;
    await during(connection.call(domains.domainUndefineFlags, { dom: vm.wire, flags: 0 }));
    const { vol } = await during(connection.call(others.storageVolLookupByPath, { path }));
    assert.equal(vol.pool, 'default');
  });
});

describe('demo, a host that is to fail at what it has not', () => {
  for (const faults of [{ stuck: 'nobody' }, { slow: 'domainJump=5' }]) {
    it(`knows nothing of ${JSON.stringify(faults)}, and says so`, async () => {
      await assert.rejects(openDemo({ faults }), (error) => {
        assert.ok(error instanceof TransportError && error.kind === 'unsupported');
        assert.match(error.message, /The demo host has no/);
        return true;
      });
    });
  }
});
