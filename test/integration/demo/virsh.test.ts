import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoProcess } from '../../tools/demo/demoProcess.ts';
import { mustRun, runCommand } from '../../tools/rig/command.ts';

/** Looks until it holds, or some seconds are over. */
async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `not in 20 s: ${what}`);
    await delay(100);
  }
}

describe("Debian's virsh on the simulated daemon", function () {
  this.timeout(60_000);
  let demo: DemoProcess;
  let folder: string;

  before(async () => {
    demo = await DemoProcess.start({ vms: 24, seed: 1 });
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vmd-virsh-'));
  });

  after(async () => {
    assert.equal(await demo.stop(), 0);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function virsh(...args: string[]): Promise<string> {
    const stdout = await mustRun(['virsh', '--quiet', '--connect', demo.uri, ...args]);
    return stdout.trimEnd();
  }

  /** What virsh says went wrong. */
  async function refusal(...args: string[]): Promise<string> {
    const result = await runCommand(['virsh', '--quiet', '--connect', demo.uri, ...args]);
    assert.notEqual(result.code, 0, result.stdout);
    return result.stderr;
  }

  async function names(...filter: string[]): Promise<readonly string[]> {
    return (await virsh('list', '--name', ...filter)).split('\n').filter((name) => name !== '');
  }

  it('lists its VMs by name and state', async () => {
    const all = await names('--all');
    const running = await names('--state-running');
    assert.equal(all.length, 24);
    assert.ok(running.length > 10 && running.length < 24);
    assert.match(await virsh('list', '--all'), /web-01 +running/);
    assert.equal((await names('--inactive')).length + (await names()).length, 24);
    assert.equal(
      (await names('--all', '--autostart')).length +
        (await names('--all', '--no-autostart')).length,
      24,
    );
  });

  it('tells facts and figures', async () => {
    const info = await virsh('dominfo', 'web-01');
    assert.match(info, /State: +running[^]*Used memory: +\d+ KiB[^]*Persistent: +yes/);
    const first = await virsh('domstats', 'web-01');
    assert.match(first, /vcpu\.0\.time=\d+[^]*net\.0\.rx\.bytes=\d+[^]*block\.0\.name=vda/);
    await delay(1_100);
    const cpuTime = (text: string): number => Number(/cpu\.time=(\d+)/.exec(text)?.[1]);
    assert.ok(cpuTime(await virsh('domstats', 'web-01')) > cpuTime(first));
    assert.match(
      await virsh('domstats', '--list-running', '--balloon'),
      /balloon\.last-update=\d+/,
    );
    assert.match(await virsh('dommemstat', 'web-01'), /actual \d+[^]*rss \d+/);
    assert.match(await virsh('domblkstat', 'web-01', 'vda'), /rd_bytes \d+/);
    assert.match(await virsh('domiflist', 'web-01'), /vnet\d+ +network +default +virtio/);
    assert.match(await virsh('domifaddr', 'web-01'), /ipv4 +192\.168\.122\.\d+\/24/);
    assert.match(await virsh('domifaddr', 'web-01', '--source', 'agent'), /127\.0\.0\.1\/8/);
    assert.match(await virsh('vcpuinfo', 'web-01'), /VCPU: +0/);
    assert.match(await virsh('domjobinfo', 'web-01'), /None/);
  });

  it('tells of its machine', async () => {
    const [, cpus, kib] =
      /CPU\(s\): +(\d+)[^]*Memory size: +(\d+) KiB/.exec(await virsh('nodeinfo')) ?? [];
    assert.equal(Number(cpus) % 64, 0, cpus);
    assert.match(await virsh('nodecpustats', '--percent'), /usage: +\d+/);
    assert.match(await virsh('nodememstats'), new RegExp(`total +: +${kib} KiB`));
    assert.match(await virsh('version'), /Running hypervisor: QEMU/);
    assert.match(await virsh('hostname'), /^demo-\d+$/);
    assert.match(await virsh('capabilities'), /<arch>x86_64<\/arch>/);
  });

  it('tells of networks and pools, and starts and stops them', async () => {
    assert.match(await virsh('net-list', '--all'), /default +active +yes +yes/);
    assert.match(await virsh('net-info', 'default'), /Bridge: +virbr0/);
    assert.match(await virsh('net-dhcp-leases', 'default'), /ipv4 +192\.168\.122\.\d+\/24 +web-01/);
    await virsh('net-start', 'staging');
    assert.match(await refusal('net-start', 'staging'), /network is already active/);
    await virsh('net-destroy', 'staging');
    assert.match(await virsh('pool-list', '--all', '--details'), /iso +running +yes/);
    assert.match(await virsh('vol-list', 'iso', '--details'), /virtio-win\.iso .* 708\.00 MiB/);
    assert.match(await virsh('vol-list', 'default'), /web-01\.qcow2/);
    assert.match(await virsh('vol-info', 'virtio-win.iso', 'iso'), /Capacity: +708\.00 MiB/);
    assert.match(await refusal('vol-list', 'archive'), /storage pool 'archive' is not active/);
    assert.match(await refusal('vol-info', 'none', 'iso'), /failed to get vol 'none'/);
    await virsh('pool-refresh', 'iso');
  });

  it('gives definitions that libvirt’s own schemas accept', async () => {
    const check = async (schema: string, ...args: string[]): Promise<void> => {
      const file = path.join(folder, `${schema}.xml`);
      fs.writeFileSync(file, await virsh(...args));
      const result = await runCommand(['virt-xml-validate', file, schema]);
      assert.equal(result.code, 0, `${args.join(' ')}: ${result.stderr}${result.stdout}`);
    };
    for (const name of await names('--all')) {
      await check('domain', 'dumpxml', name);
      await check('domain', 'dumpxml', name, '--inactive');
    }
    for (const network of ['default', 'lab', 'staging']) {
      await check('network', 'net-dumpxml', network);
    }
    await check('storagepool', 'pool-dumpxml', 'default');
    await check('storagevol', 'vol-dumpxml', 'virtio-win.iso', 'iso');
    await check('capability', 'capabilities');
  });

  it('starts, pauses, shuts down, saves and forces off, and tells everybody', async () => {
    const watcher = spawn('virsh', ['-c', demo.uri, 'event', '--all', '--loop']);
    let told = '';
    watcher.stdout.on('data', (chunk: Buffer) => (told += chunk.toString('utf8')));
    await delay(700);
    const name = 'conformance-vm';
    const xml = path.join(folder, 'new.xml');
    fs.writeFileSync(
      xml,
      `<domain type='kvm'><name>${name}</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
       <os><type arch='x86_64'>hvm</type></os></domain>`,
    );
    await virsh('define', xml);
    await virsh('start', name);
    assert.equal(await virsh('domstate', name, '--reason'), 'running (booted)');
    await virsh('suspend', name);
    assert.equal(await virsh('domstate', name, '--reason'), 'paused (user)');
    await virsh('resume', name);
    await virsh('managedsave', name);
    assert.match(await refusal('undefine', name), /managed save image exists/);
    await virsh('start', name);
    assert.equal(await virsh('domstate', name, '--reason'), 'running (restored)');
    await delay(1_500);
    await virsh('shutdown', name);
    await eventually('it is off', async () => (await virsh('domstate', name)) === 'shut off');
    await virsh('start', name, '--paused');
    await virsh('destroy', name);
    await virsh('desc', name, '--title', '--new-desc', 'A title');
    assert.equal(await virsh('desc', name, '--title'), 'A title');
    await virsh('domrename', name, 'renamed');
    await virsh('autostart', 'renamed');
    await virsh('undefine', 'renamed');
    await eventually('the last event came', () => told.includes("'renamed': Undefined Removed"));
    watcher.kill('SIGINT');
    await once(watcher, 'close');
    const lifecycle = [...told.matchAll(/event 'lifecycle' for domain '.*?': (.*)/g)].map(
      ([, what]) => what,
    );
    assert.deepEqual(lifecycle, [
      'Defined Added',
      'Resumed Unpaused',
      'Started Booted',
      'Suspended Paused',
      'Resumed Unpaused',
      'Suspended Paused',
      'Stopped Saved',
      'Started Restored',
      'Resumed Snapshot',
      'Shutdown Finished after guest request',
      'Stopped Shutdown',
      'Started Booted',
      'Suspended Paused',
      'Shutdown Finished after host request',
      'Stopped Destroyed',
      'Undefined Renamed',
      'Defined Renamed',
      'Undefined Removed',
    ]);
    assert.match(told, /event 'metadata-change' for domain '.*': type title, uri <null>/);
    assert.match(told, /event 'job-completed'/);
  });

  it('takes pictures', async () => {
    const file = path.join(folder, 'screen.png');
    await virsh('screenshot', 'web-01', file);
    assert.deepEqual([...fs.readFileSync(file).subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  });

  it('lets nobody change anything over the read-only socket', async () => {
    const result = await runCommand(
      ['virsh', '-q', '-r', '-c', `qemu:///system?socket=${demo.socket}-ro`].concat(
        ...['destroy', 'web-01'],
      ),
    );
    assert.match(result.stderr, /read only access prevents virDomainDestroy/);
  });

  it('says what it used itself', async () => {
    const { userSeconds, memoryMiB } = await demo.use();
    assert.ok(userSeconds > 0 && memoryMiB > 20);
  });
});
