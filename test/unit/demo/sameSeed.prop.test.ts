import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { createDemoDialer } from '../../../src/demo/createDemoDialer.ts';
import { encodeFrame, messageStatus, messageType } from '../../../src/libvirt/frame.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import { networkGetXmlDesc } from '../../../src/libvirt/protocol/networkAndStorage.ts';
import { networkLookupByName } from '../../../src/libvirt/protocol/otherClients.ts';
import type { Procedure } from '../../../src/libvirt/protocol/procedure.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import { encode } from '../../fakes/wire.ts';

/** Every byte a client sees of a host with this seed, while it does the same at the same times. */
async function whatIsSeen(seed: number, waits: readonly number[]): Promise<string> {
  const clock = new FakeClock();
  const dialer = createDemoDialer({ vms: '9', seed: String(seed), events: '5' }, clock);
  const duplex = await dialer.dial({ readOnly: false });
  const hash = createHash('sha256');
  duplex.on('data', (chunk: Buffer) => hash.update(chunk));
  let serial = 0;
  const call = async <Args, Ret>(procedure: Procedure<Args, Ret>, args: Args): Promise<void> => {
    const { program, number } = procedure;
    duplex.write(
      encodeFrame(
        {
          program,
          procedure: number,
          type: messageType.call,
          serial: ++serial,
          status: messageStatus.ok,
        },
        encode(procedure.args, args),
      ),
    );
    await clock.advance(waits[serial % waits.length] ?? 10);
  };
  await call(connect.connectOpen, { name: 'qemu:///system', flags: 0 });
  await call(connect.connectDomainEventCallbackRegisterAny, { eventID: 0, dom: null });
  await call(connect.connectListAllDomains, { needResults: 1, flags: 0 });
  await call(connect.connectGetAllDomainStats, { doms: [], stats: 0, flags: 0 });
  await call(connect.connectGetCapabilities, undefined);
  await call(networkLookupByName, { name: 'default' });
  const net = { name: 'default', uuid: dialer.daemon.world.networks[0]!.uuid };
  await call(networkGetXmlDesc, { net, flags: 0 });
  for (const vm of [...dialer.daemon.world.vms]) {
    const dom = vm.wire;
    await call(domains.domainGetXmlDesc, { dom, flags: 0 });
    const args = { dom, flags: 0 };
    if (vm.isActive) {
      await call(domains.domainDestroyFlags, args);
    } else {
      await call(domains.domainCreateWithFlags, args);
    }
  }
  await call(domains.domainDefineXmlFlags, {
    xml: '<domain type="kvm"><name>new</name><memory>1024</memory><os><type>hvm</type></os></domain>',
    flags: 0,
  });
  await call(connect.connectGetAllDomainStats, { doms: [], stats: 0, flags: 0 });
  await clock.advance(5_000);
  dialer.dispose();
  assert.equal(clock.pendingTimers, 0, 'something goes on after the end');
  return hash.digest('hex');
}

describe('demo, the same seed', function () {
  this.timeout(60_000);

  it('gives the same bytes at the same times, and another seed others', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
        async (seed, waits) => {
          const first = await whatIsSeen(seed, waits);
          assert.equal(await whatIsSeen(seed, waits), first);
          seen.add(first);
        },
      ),
      { numRuns: 8 },
    );
    assert.ok(seen.size > 1);
  });
});
