import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { LibvirtError } from '../../../src/libvirt/errors.ts';
import {
  storageVolDownload,
  storageVolUpload,
} from '../../../src/libvirt/protocol/networkAndStorage.ts';
import { storageVolLookupByPath } from '../../../src/libvirt/protocol/otherClients.ts';
import type { RpcStream } from '../../../src/libvirt/stream.ts';
import type { Domain } from '../../../src/model/domain.ts';
import { openConsole } from '../../../src/operations/console.ts';
import { takeScreenshot } from '../../../src/operations/screenshot.ts';
import { sharedGuest, sharedHost } from '../../tools/rig/sharedHost.ts';
import { domainNamed, openSession } from '../inventory/rigSession.ts';

describe('streams of a real guest', function () {
  this.timeout(60_000);
  let session: HostSession;
  let domain: Domain;

  before(async () => {
    await sharedGuest();
    session = await openSession((await sharedHost()).socketPath);
    domain = domainNamed(session, 'shared')!;
  });

  after(() => {
    session.dispose();
  });

  async function readUntil(stream: RpcStream, wanted: RegExp): Promise<string> {
    let seen = '';
    for await (const chunk of stream) {
      seen += Buffer.from(chunk).toString('utf8');
      if (wanted.test(seen)) {
        return seen;
      }
    }
    throw new Error(`the console ended after ${JSON.stringify(seen)}`);
  }

  it('the serial console answers what is typed', async () => {
    const stream = await openConsole(session, domain, { force: true });
    try {
      await stream.write(Buffer.from('\necho sum=$((40 + 2))\n'));
      await readUntil(stream, /sum=42/);
    } finally {
      stream.abort();
    }
  });

  it('a console in use is refused, and can be taken over', async () => {
    const first = await openConsole(session, domain, { force: true });
    await assert.rejects(openConsole(session, domain), LibvirtError);
    const second = await openConsole(session, domain, { force: true });
    await assert.rejects(async () => {
      await readUntil(first, /never printed/);
    });
    await second.write(Buffer.from('\necho again=$((1 + 1))\n'));
    await readUntil(second, /again=2/);
    second.abort();
  });

  it('a screenshot is a picture', async () => {
    const { mime, bytes } = await takeScreenshot(session, domain);
    assert.equal(mime, 'image/png');
    assert.deepEqual([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.ok(bytes.length > 500);
  });

  it('a volume is written and read back, byte by byte', async () => {
    const host = await sharedHost();
    const folder = await host.createPool('streamed');
    try {
      await host.mustVirsh('vol-create-as', 'streamed', 'disk.raw', '6M', '--format', 'raw');
      const path = `${folder}/disk.raw`;
      const { vol } = await session.call(storageVolLookupByPath, { path });
      const range = { vol, offset: 1_000n, length: 5_000_000n, flags: 0 };
      const sent = randomBytes(Number(range.length));
      const upload = await session.openStream(storageVolUpload, range);
      await upload.stream.write(sent);
      await upload.stream.finish();
      const onDisk = fs.readFileSync(path);
      assert.ok(onDisk.subarray(1_000, 5_001_000).equals(sent));
      assert.ok(onDisk.subarray(0, 1_000).every((byte) => byte === 0));

      const download = await session.openStream(storageVolDownload, range);
      const received: Uint8Array[] = [];
      for await (const chunk of download.stream) {
        received.push(chunk);
      }
      await download.stream.finish();
      assert.ok(Buffer.concat(received).equals(sent));
    } finally {
      await host.mustVirsh('pool-destroy', 'streamed');
      await host.mustVirsh('pool-undefine', 'streamed');
    }
  });
});
