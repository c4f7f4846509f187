import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import * as path from 'node:path';
import type { Guest } from '../../tools/rig/guest.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';

interface Printed {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('the headless program', function () {
  this.timeout(60_000);
  let host: RigHost;
  let guest: Guest;
  let program: string;

  before(async () => {
    execFileSync(process.execPath, ['esbuild.mjs']);
    host = await startRigHost({ name: 'door' });
    // Where somebody who is not root can read it
    program = path.join(host.folder, 'exporter.cjs');
    fs.copyFileSync('dist/exporter.cjs', program);
    fs.copyFileSync('dist/exporter.cjs.map', `${program}.map`);
    fs.chmodSync(host.folder, 0o755);
    fs.chmodSync(program, 0o755);
    guest = await host.defineGuest({ name: 'web-01' });
    await host.defineGuest({ name: 'old db', autostart: true });
    await guest.start();
    await guest.waitReady();
  });

  after(() => host.stop());

  function start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
  }

  async function run(args: readonly string[], options: SpawnOptions = {}): Promise<Printed> {
    const child = start(args, options);
    let out = '';
    let err = '';
    child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  it('tells what virsh tells', async () => {
    const { code, out, err } = await run(['--uri', host.uri, '--once', '--format', 'json']);
    assert.deepEqual([code, err], [0, '']);
    const report = JSON.parse(out) as {
      readonly hosts: readonly [
        {
          readonly domains: readonly (Record<string, unknown> & {
            readonly name: string;
            readonly sample: Record<string, number> | null;
          })[];
        },
      ];
    };
    const { domains } = report.hosts[0];
    assert.deepEqual(
      domains.map(({ name }) => name),
      ['old db', 'web-01'],
    );
    for (const domain of domains) {
      const info = new Map(
        (await host.mustVirsh('dominfo', domain.name))
          .split('\n')
          .map((line) => line.split(/:\s+/) as [string, string]),
      );
      assert.equal(domain['uuid'], info.get('UUID'));
      assert.equal(domain['id'] === -1 ? '-' : String(domain['id']), info.get('Id'));
      assert.equal(domain['state'] === 'shutoff' ? 'shut off' : domain['state'], info.get('State'));
      assert.equal(String(domain['vcpus']), info.get('CPU(s)'));
      assert.equal(`${String(domain['maxMemoryKiB'])} KiB`, info.get('Max memory'));
      assert.equal(`${String(domain['memoryKiB'])} KiB`, info.get('Used memory'));
      assert.equal(domain['persistent'] ? 'yes' : 'no', info.get('Persistent'));
      assert.equal(domain['autostart'] ? 'enable' : 'disable', info.get('Autostart'));
      assert.equal(domain['hasManagedSave'] ? 'yes' : 'no', info.get('Managed save'));
    }
    const sample = domains[1]!.sample!;
    const stats = await host.mustVirsh('domstats', '--balloon', '--vcpu', 'web-01');
    assert.match(stats, new RegExp(`balloon.current=${sample['memoryKiB']}\\n`));
    assert.match(stats, new RegExp(`vcpu.current=${sample['vcpus']}\\n`));
    assert.ok(sample['cpuCores']! >= 0 && sample['cpuCores']! < 2.5);
    assert.equal(domains[0]!.sample, null);
  });

  it('prints the hosts it can reach, and says of the others why not', async () => {
    const gone = 'qemu:///system?socket=/run/not/there';
    const { code, out, err } = await run(['--uri', gone, '--uri', host.uri, '--once']);
    assert.equal(code, 1);
    assert.match(out, /1 +web-01 +running \(booted\)/);
    assert.equal(err.trim().split('\n').length, 1);
    assert.match(err, /There is no socket at \/run\/not\/there/);
  });

  it('names the group to one who may not, and lets them look read-only', async () => {
    const nobody = { uid: 65_534, gid: 65_534 };
    const refused = await run(['--uri', host.uri, '--once'], nobody);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /You may not use .*libvirt-sock: it belongs to the group libvirt/);
    const looking = await run(['--uri', host.uri, '--once', '--read-only'], nobody);
    assert.deepEqual([looking.code, looking.err], [0, '']);
    assert.match(looking.out, /readOnly[^]*web-01/);
  });

  it('knows what is not a libvirt daemon', async () => {
    const socket = path.join(host.folder, 'other.sock');
    const server = createServer((client) => {
      client.on('error', () => undefined);
      client.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    server.listen(socket);
    await once(server, 'listening');
    const { code, err } = await run(['--uri', `qemu:///system?socket=${socket}`, '--once']);
    server.close();
    assert.equal(code, 1);
    assert.match(err, /is not a libvirt daemon: it does not speak libvirt's protocol/);
  });

  it('says so when the daemon lacks the driver, and when the words are wrong', async () => {
    const wrong = await run(['--uri', host.uri.replace('qemu', 'xen'), '--once']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /cannot open xen:\/\/\/system/);
    const usage = await run(['--uri', 'nonsense', '--once']);
    assert.equal(usage.code, 2);
    assert.match(usage.err, /is not a libvirt URI/);
    assert.equal((await run(['--once'])).code, 2);
    assert.equal((await run(['--help'])).code, 0);
  });

  it('prints changes as they happen, until interrupted', async () => {
    const text = start(['--uri', host.uri, '--watch']);
    const json = start(['--uri', host.uri, '--watch', '--format', 'json']);
    let lines = '';
    let records = '';
    text.stdout!.on('data', (chunk: Buffer) => (lines += chunk.toString('utf8')));
    json.stdout!.on('data', (chunk: Buffer) => (records += chunk.toString('utf8')));
    const shows = async (what: RegExp, where: () => string): Promise<void> => {
      const end = performance.now() + 10_000;
      while (!what.test(where())) {
        assert.ok(performance.now() < end, `no ${String(what)} in ${where()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await shows(/host connected/, () => lines);
    await shows(/"state":"connected"/, () => records);
    await host.mustVirsh('suspend', 'web-01');
    await shows(/web-01: paused \(user\)/, () => lines);
    await host.mustVirsh('resume', 'web-01');
    await shows(/web-01: running \(unpaused\)/, () => lines);
    await shows(/"kind":"domainChanged".*"state":"paused"/, () => records);
    text.kill('SIGINT');
    json.kill('SIGTERM');
    const codes = await Promise.all([text, json].map((child) => once(child, 'exit')));
    assert.deepEqual(codes, [
      [0, null],
      [0, null],
    ]);
  });

  it('ends quietly when nobody reads any more', async () => {
    const child = start(['--uri', host.uri, '--once', '--format', 'json']);
    let err = '';
    child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
    child.stdout!.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.deepEqual([code, err], [0, '']);
  });
});
