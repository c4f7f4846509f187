import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import { errorCode, LibvirtError } from '../../../src/libvirt/errors.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import type { RpcStream } from '../../../src/libvirt/stream.ts';
import { openDemo, type OpenDemo } from './openDemo.ts';

describe('demo, what guests show', () => {
  let demo: OpenDemo;

  beforeEach(async () => {
    demo = await openDemo();
  });

  afterEach(() => {
    demo.dialer.dispose();
  });

  function aRunningVm() {
    return [...demo.dialer.daemon.world.vms].find(({ state }) => state === 'running')!;
  }

  /** Collects what a stream brings. */
  function read(stream: RpcStream): { text: string; isOver: boolean } {
    const seen = { text: '', isOver: false };
    void (async () => {
      for await (const bytes of stream) {
        seen.text += Buffer.from(bytes).toString('utf8');
      }
      seen.isOver = true;
    })();
    return seen;
  }

  async function openConsole(flags = 0): Promise<RpcStream> {
    const { during, connection } = demo;
    const args = { dom: aRunningVm().wire, devName: null, flags };
    return (await during(connection.open(domains.domainOpenConsole, args))).stream;
  }

  it('answers on its serial port: echo, editing, commands', async () => {
    const vm = aRunningVm();
    const stream = await openConsole();
    const seen = read(stream);
    await demo.clock.advance(10);
    await stream.write(Buffer.from('hostnamX\x7fe\x1b[A\r'));
    await demo.clock.advance(10);
    assert.match(
      seen.text,
      new RegExp(`root@${vm.name}:~# hostnamX\\x08 \\x08e\\r\\n${vm.name}\\r\\n`),
    );
    await stream.write(Buffer.from('nonsense\r'));
    await demo.clock.advance(10);
    assert.match(seen.text, /nonsense: command not found/);
    await stream.write(Buffer.from('poweroff\r'));
    await demo.clock.advance(3_000);
    assert.equal(vm.state, 'shutoff');
    assert.ok(seen.isOver);
  });

  it('is held by one client, unless another takes it by force', async () => {
    const first = read(await openConsole());
    await assert.rejects(openConsole(), (error: unknown) => {
      assert.ok(error instanceof LibvirtError);
      return error.code === errorCode.operationFailed;
    });
    await openConsole(1);
    await demo.clock.advance(10);
    assert.ok(first.isOver);
  });

  it('draws its screen as a PNG', async () => {
    const { during, connection } = demo;
    const { ret: result, stream } = await during(
      connection.open(domains.domainScreenshot, {
        dom: aRunningVm().wire,
        screen: 0,
        flags: 0,
      }),
    );
    assert.equal(result.mime, 'image/png');
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
    }
    const png = Buffer.concat(chunks);
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [720, 400]);
    const data = png.indexOf('IDAT');
    const pixels = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
    assert.equal(pixels.length, 721 * 400);
    assert.ok(pixels.filter((pixel) => pixel === 1).length > 3_000, 'there is text');
  });
});
