import assert from 'node:assert/strict';
import { affect, metadataType } from '../../../src/libvirt/constants.ts';
import { errorCode } from '../../../src/libvirt/errors.ts';
import { domainGetMetadata, domainSetMetadata } from '../../../src/libvirt/protocol/domain.ts';
import { readDescription, setDescription } from '../../../src/operations/describe.ts';
import { Refusal } from '../../fakes/refusal.ts';
import { turn, uuidOf, type ServedHost } from '../inventory/servedHost.ts';
import { actingHost, optionsOf } from './actingHost.ts';

/** A host whose daemon keeps titles and descriptions. */
async function described(
  off: boolean,
): Promise<ServedHost & { readonly kept: Map<number, string> }> {
  const host = await actingHost(1, { off });
  const kept = new Map<number, string>();
  host.daemon
    .handle(domainGetMetadata, ({ type }) => {
      const metadata = kept.get(type);
      if (metadata === undefined) {
        throw new Refusal(errorCode.noDomainMetadata, 'Requested metadata element is not present');
      }
      return { metadata };
    })
    .handle(domainSetMetadata, ({ type, metadata }) => {
      if (metadata === null) {
        kept.delete(type);
      } else {
        kept.set(type, metadata);
      }
    });
  return { ...host, kept };
}

const read = (host: ServedHost) =>
  readDescription(host.session, host.session.snapshot.domains.get(uuidOf(1))!);
const write = (host: ServedHost, wanted: Parameters<typeof setDescription>[2]) =>
  setDescription(host.session, uuidOf(1), wanted, optionsOf(host));

describe('operations/describe', () => {
  it('nothing is null; what is left out stays; empty removes', async () => {
    const host = await described(true);
    assert.deepEqual(await read(host), { title: null, description: null });
    assert.deepEqual(await write(host, { title: 'Web', description: 'a\nb' }), { status: 'done' });
    assert.deepEqual(await read(host), { title: 'Web', description: 'a\nb' });
    await write(host, { description: '' });
    assert.deepEqual(await read(host), { title: 'Web', description: null });
    await write(host, { title: null });
    assert.deepEqual([...host.kept], []);
    host.session.dispose();
  });

  it('writes where the VM is: the definition, the running instance, or both', async () => {
    for (const [off, flags] of [
      [true, affect.config],
      [false, affect.config | affect.live],
    ] as const) {
      const host = await described(off);
      await write(host, { title: 'x' });
      assert.deepEqual(
        host.daemon.callsOf(domainSetMetadata).map((call) => [call.type, call.flags]),
        [[metadataType.title, flags]],
      );
      host.session.dispose();
    }
  });

  it('a title of two lines is refused, other errors are not taken for nothing', async () => {
    const host = await described(true);
    assert.deepEqual(await write(host, { title: 'a\nb' }), {
      status: 'refused',
      reason: 'A title is a single line.',
    });
    host.daemon.handle(domainGetMetadata, () => {
      throw new Refusal(errorCode.operationFailed, 'broken');
    });
    await assert.rejects(read(host), { code: errorCode.operationFailed });
    host.session.dispose();
  });

  it('lost on the way: reads whether it was written', async () => {
    for (const happened of [true, false]) {
      const host = await described(true);
      const hold = host.daemon.hold(domainSetMetadata);
      const result = write(host, { title: 'Web' });
      await turn(host);
      assert.equal(hold.waiting, 1);
      if (happened) {
        host.kept.set(metadataType.title, 'Web');
      }
      host.daemon.stop();
      await turn(host);
      host.daemon.start();
      await host.clock.advance(2_000);
      assert.equal((await result).status, happened ? 'done' : 'unknown');
      host.session.dispose();
    }
  });
});
