import assert from 'node:assert/strict';
import { ProtocolError } from '../../../src/libvirt/errors.ts';
import { domainScreenshot } from '../../../src/libvirt/protocol/domain.ts';
import { takeScreenshot, type Screenshot } from '../../../src/operations/screenshot.ts';
import { uuidOf } from '../inventory/servedHost.ts';
import { actingHost } from './actingHost.ts';

/** What is made of a picture that a hypervisor sends. */
async function shotOf(mime: string | null, picture: string): Promise<Screenshot> {
  const host = await actingHost(1);
  host.daemon.handle(domainScreenshot, (_args, { stream }) => {
    stream.write(picture);
    stream.end();
    return { mime };
  });
  try {
    return await takeScreenshot(host.session, host.session.snapshot.domains.get(uuidOf(1))!);
  } finally {
    host.session.dispose();
  }
}

describe('operations/screenshot', () => {
  it('a pixmap of an older hypervisor becomes a PNG', async () => {
    const { mime, bytes } = await shotOf('image/x-portable-pixmap', 'P6 1 1 255\nabc');
    assert.equal(mime, 'image/png');
    assert.equal(Buffer.from(bytes.subarray(1, 4)).toString(), 'PNG');
    await assert.rejects(shotOf('image/x-portable-pixmap', 'P6 1 1 255\na'), ProtocolError);
  });

  it('all else comes as it is', async () => {
    const { mime, bytes } = await shotOf('image/png', 'P6 1 1 255\nabc');
    assert.equal(mime, 'image/png');
    assert.equal(Buffer.from(bytes).toString(), 'P6 1 1 255\nabc');
    assert.equal((await shotOf(null, 'x')).mime, 'application/octet-stream');
  });
});
