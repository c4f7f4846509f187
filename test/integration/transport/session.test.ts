import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { CommandResult } from '../../tools/rig/command.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';

const uri = 'qemu:///session';
/** Its firmware runs, which is enough to be a VM. */
const guest = `<domain type='qemu'>
  <name>mine</name>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
</domain>`;

describe("a user's own daemon, for real", function () {
  this.timeout(120_000);
  let host: RigHost;
  let program: string;

  before(async () => {
    execFileSync(process.execPath, ['esbuild.mjs']);
    host = await startRigHost({ name: 'session' });
    // Where somebody who is not root can read it
    program = path.join(host.folder, 'exporter.cjs');
    fs.copyFileSync('dist/exporter.cjs', program);
    fs.chmodSync(host.folder, 0o755);
    fs.chmodSync(program, 0o755);
  });

  after(() => host.stop());

  function ask(...args: readonly string[]): Promise<CommandResult> {
    return host.execAsPerson([process.execPath, program, '--uri', uri, '--once', ...args]);
  }

  async function virsh(...args: readonly string[]): Promise<string> {
    const result = await host.execAsPerson(['virsh', '--quiet', '--connect', uri, ...args]);
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  }

  /** The person's daemon: its id out here, if it runs. */
  function sessionDaemon(): number | undefined {
    return host.keeper.findProcess(
      ([name, ...args]) => name?.endsWith('/libvirtd') === true && args.includes('--timeout=120'),
    );
  }

  function ownerOf(pid: number): number {
    return fs.statSync(`/proc/${pid}`).uid;
  }

  function socketPath(): string {
    return path.join(host.person.home, '.cache/libvirt/libvirt-sock');
  }

  it('is started by the first who asks, as the person, in their own folders', async () => {
    assert.equal(sessionDaemon(), undefined);
    const { code, stdout, stderr } = await ask('--format', 'json');
    assert.deepEqual([code, stderr], [0, '']);
    const [report] = (JSON.parse(stdout) as { readonly hosts: readonly [Report] }).hosts;
    assert.deepEqual([report.status.state, report.domains], ['connected', []]);
    const pid = sessionDaemon();
    assert.ok(pid !== undefined, 'it runs on when we have ended');
    assert.equal(ownerOf(pid), host.person.uid);
    assert.ok(fs.statSync(socketPath()).isSocket());
  });

  it("serves the person's own VMs, and tells what virsh tells", async () => {
    const pid = sessionDaemon();
    const xml = path.join(host.person.home, 'mine.xml');
    fs.writeFileSync(xml, guest);
    await virsh('define', xml);
    await virsh('start', 'mine');
    const { code, stdout, stderr } = await ask('--format', 'json');
    assert.deepEqual([code, stderr], [0, '']);
    const [report] = (JSON.parse(stdout) as { readonly hosts: readonly [Report] }).hosts;
    const [domain, ...others] = report.domains;
    assert.equal(others.length, 0);
    assert.deepEqual([domain!.name, domain!.state, domain!.memoryKiB], ['mine', 'running', 65_536]);
    assert.equal(domain!.uuid, (await virsh('domuuid', 'mine')).trim());
    assert.equal((await virsh('domstate', 'mine')).trim(), 'running');
    assert.equal(sessionDaemon(), pid, 'by the daemon that was there already');
    // The system's daemon of the same host knows nothing of it
    assert.equal((await host.mustVirsh('list', '--all', '--name')).trim(), '');
  });

  it('to look, its one socket is used', async () => {
    const { code, stdout, stderr } = await ask('--read-only');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /readOnly[^]*mine/);
  });

  it('killed, it leaves its socket: another is started, which finds the VM running', async () => {
    const killed = sessionDaemon()!;
    process.kill(killed, 'SIGKILL');
    while (sessionDaemon() === killed) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(fs.statSync(socketPath()).isSocket(), 'stale');
    const { code, stdout, stderr } = await ask();
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /mine +running/);
    assert.ok(sessionDaemon() !== undefined);
  });

  it('that the system has a daemon is no help to one who may not use it', async () => {
    const { code, stderr } = await host.execAsPerson([
      ...[process.execPath, program, '--uri', 'qemu:///system', '--once'],
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /You may not use \/run\/libvirt\/libvirt-sock/);
  });

  it('ends with the host, and so does its VM', async () => {
    const pids = [
      sessionDaemon()!,
      host.keeper.findProcess(([name]) => name?.includes('qemu-system') === true)!,
    ];
    assert.deepEqual(pids.map(ownerOf), [host.person.uid, host.person.uid]);
    await host.stop();
    for (const pid of pids) {
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    }
    assert.ok(!fs.existsSync(host.person.home));
  });
});

interface Report {
  readonly status: { readonly state: string };
  readonly domains: readonly {
    readonly name: string;
    readonly uuid: string;
    readonly state: string;
    readonly memoryKiB: number;
  }[];
}
