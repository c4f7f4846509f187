import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoProcess } from '../../tools/demo/demoProcess.ts';
import { freePort } from '../../tools/freePort.ts';

describe("Debian's prometheus-libvirt-exporter on the simulated daemon", function () {
  this.timeout(60_000);
  let demo: DemoProcess;
  let exporter: ChildProcess;
  let port: number;

  before(async () => {
    demo = await DemoProcess.start({ vms: 24, seed: 1 });
    port = await freePort();
    exporter = spawn(
      'prometheus-libvirt-exporter',
      ['--web.listen-address', `127.0.0.1:${port}`, '--libvirt.uri', demo.uri],
      { stdio: 'ignore' },
    );
  });

  after(async () => {
    exporter.kill();
    await demo.stop();
  });

  async function metrics(): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      } catch (error) {
        assert.ok(attempt < 100, String(error));
        await delay(100);
      }
    }
  }

  it('is up and has the figures of every running VM', async () => {
    const text = await metrics();
    assert.match(text, /^libvirt_up 1$/m);
    const cpu = [
      ...text.matchAll(/^libvirt_domain_info_cpu_time_seconds_total\{domain="([^"]+)"/gm),
    ];
    assert.ok(cpu.some(([, name]) => name === 'web-01'));
    assert.ok(cpu.length > 10, text.slice(0, 2_000));
    assert.match(text, /^libvirt_domain_block_stats_read_bytes_total\{.*domain="web-01".*\} \d/m);
    assert.match(
      text,
      /^libvirt_domain_interface_stats_receive_bytes_total\{.*domain="web-01".*\} \d/m,
    );
  });
});
