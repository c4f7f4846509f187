import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { runCommand } from '../tools/rig/command.ts';
import type { Guest } from '../tools/rig/guest.ts';
import { sweepRigFolders } from '../tools/rig/rigFolder.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import { sharedGuest, sharedHost } from '../tools/rig/sharedHost.ts';
import { someTestDomains } from '../tools/rig/testDriver.ts';

function listing(folder: string): string[] {
  return fs.existsSync(folder)
    ? fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
    : ['(none)'];
}

/** What of this machine a rig host could have touched. */
function machineState(): Record<string, unknown> {
  const folders = ['/etc/libvirt', '/run/libvirt', '/run/sshd'];
  const states = ['/var/lib/libvirt', '/var/cache/libvirt', '/var/log/libvirt'];
  return {
    passwd: fs.readFileSync('/etc/passwd', 'utf8'),
    group: fs.readFileSync('/etc/group', 'utf8'),
    hostname: fs.readFileSync('/proc/sys/kernel/hostname', 'utf8'),
    forwarding: fs.readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    interfaces: fs.readdirSync('/sys/class/net').sort(),
    mounts: fs.readFileSync('/proc/self/mounts', 'utf8'),
    ...Object.fromEntries([...folders, ...states].map((folder) => [folder, listing(folder)])),
  };
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and is not yet collected by its parent counts as gone.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('the rig', () => {
  const untouched = machineState();

  describe('a host with a guest', () => {
    let host: RigHost;
    let guest: Guest;

    before(async () => {
      host = await startRigHost({ name: 'alpha' });
      guest = await host.defineGuest({ name: 'web & co', title: 'A <title>' });
      await guest.start();
      await guest.waitReady();
    });

    after(async () => {
      await host.stop();
    });

    it('has a hostname of its own', async () => {
      assert.equal((await host.mustVirsh('hostname')).trim(), 'alpha');
    });

    it('shows the QEMU of a guest as a process of ours', () => {
      const commandLine = fs.readFileSync(`/proc/${guest.pid()}/cmdline`, 'utf8').split('\0');
      assert.match(commandLine[0] ?? '', /qemu-system-x86_64$/);
      assert.ok(commandLine.includes(guest.uuid));
    });

    it('has a guest agent that answers', async () => {
      await guest.waitAgent();
    });

    it('stops a guest in its tracks and lets it go on', async () => {
      guest.signal('SIGSTOP');
      const end = performance.now() + 10_000;
      const isStopped = (): boolean =>
        /^State:\s+T/m.test(fs.readFileSync(`/proc/${guest.pid()}/status`, 'utf8'));
      // A process with several threads takes a moment to stop.
      while (!isStopped() && performance.now() < end) {
        await delay(10);
      }
      assert.ok(isStopped());
      guest.signal('SIGCONT');
      await guest.waitAgent();
    });

    it('loses its daemon and gets it back while the guest runs on', async () => {
      const [emulator, daemon] = [guest.pid(), host.daemonPid];
      await host.killDaemon();
      assert.ok(!isAlive(daemon));
      assert.ok(isAlive(emulator));
      assert.notEqual((await host.virsh('list')).code, 0);

      await host.startDaemon();
      assert.notEqual(host.daemonPid, daemon);
      assert.equal(guest.pid(), emulator);
      assert.equal(await guest.state(), 'running');
    });

    it('reboots and powers off a guest by its power button', async () => {
      // The new daemon has yet to connect to it.
      await guest.waitAgent();
      await host.mustVirsh('reboot', guest.uuid, '--mode', 'agent');
      await guest.waitReady({ boots: 2 });
      await host.mustVirsh('shutdown', guest.uuid, '--mode', 'acpi');
      await guest.waitState('shut off');
      assert.throws(() => guest.pid(), /no QEMU/);
    });

    it('leaves the machine as it was, and no process and no folder', async () => {
      assert.deepEqual(machineState(), untouched);
      assert.ok(host.keeper.processes().length > 1);

      await host.stop();
      assert.deepEqual(host.keeper.processes(), []);
      assert.ok(!fs.existsSync(host.folder));
      assert.deepEqual(machineState(), untouched);
    });
  });

  describe('the shared host', () => {
    it('has one guest for all', async () => {
      const [one, other] = await Promise.all([sharedGuest(), sharedGuest()]);
      assert.equal(one, other);
      assert.equal(await one.state(), 'running');
    });

    it('gives guests an address by the DHCP server of its own network', async () => {
      const host = await sharedHost();
      await host.startDefaultNetwork();
      const guest = await host.defineGuest({ name: 'leased', network: 'network' });
      await guest.start();
      const end = performance.now() + 60_000;
      let leases = '';
      while (!leases.includes('/24') && performance.now() < end) {
        await delay(100);
        leases = await host.mustVirsh('net-dhcp-leases', 'default');
      }
      assert.match(leases, /192\.168\.122\.\d+\/24/);
      await guest.destroy();
      await guest.undefine();
      await host.mustVirsh('net-destroy', 'default');
      assert.deepEqual(machineState(), untouched);
    });

    it('has storage pools', async () => {
      const host = await sharedHost();
      const folder = await host.createPool('files');
      await host.mustVirsh('vol-create-as', 'files', 'disk.qcow2', '8M', '--format', 'qcow2');
      assert.deepEqual(fs.readdirSync(folder), ['disk.qcow2']);
      await host.mustVirsh('pool-destroy', 'files');
      await host.mustVirsh('pool-undefine', 'files');
    });

    it("has libvirt's test driver, with worlds of any size", async () => {
      const host = await sharedHost();
      assert.match((await host.virshTest('list', '--name')).stdout, /^test$/m);

      const world = host.writeTestWorld('hundred', someTestDomains(100));
      const uri = `${world.replace('test:', 'test+unix:')}?socket=${host.socketPath}`;
      const list = await runCommand(['virsh', '-q', '-c', uri, 'list', '--all']);
      assert.equal(list.stdout.trim().split('\n').length, 100);
      assert.match(list.stdout, /vm-00003\s+paused/);
    });
  });

  describe('a host with other settings', () => {
    it('can refuse a user at one socket and serve them at the other', async () => {
      const host = await startRigHost({
        name: 'strict',
        daemonConfig: { unix_sock_rw_perms: '0700', max_client_requests: 2 },
      });
      try {
        const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
        const refused = await runCommand([...nobody, 'virsh', '-c', host.uri, 'list']);
        assert.match(refused.stderr, /Permission denied/);
        const uri = `qemu:///system?socket=${host.readOnlySocketPath}`;
        const served = await runCommand([...nobody, 'virsh', '--readonly', '-c', uri, 'list']);
        assert.equal(served.stderr, '');
        assert.equal(served.code, 0);
      } finally {
        await host.stop();
      }
    });

    it('can hang: it accepts, and never answers', async () => {
      const host = await startRigHost({ name: 'hung' });
      try {
        host.signalDaemon('SIGSTOP');
        const socket = net.connect({ path: host.socketPath });
        await once(socket, 'connect');
        const answer = host.virsh('list');
        assert.equal(await Promise.race([answer, delay(300)]), undefined);
        socket.destroy();
        host.signalDaemon('SIGCONT');
        assert.equal((await answer).code, 0);
        host.signalDaemon('SIGSTOP');
      } finally {
        await host.stop();
      }
    });

    it('says what libvirtd said when it cannot start', async () => {
      await assert.rejects(
        startRigHost({ daemonConfig: { max_clients: 'many' } }),
        /libvirtd ended with \d+: .*max_clients/s,
      );
    });
  });

  it('dies with a test process that is killed, and its folder goes with the next host', async () => {
    const module = path.resolve(import.meta.dirname, '../tools/rig/rigHost.ts');
    const program = `
      const { startRigHost } = await import(${JSON.stringify(module)});
      const host = await startRigHost();
      console.log(JSON.stringify({ folder: host.folder, pids: host.keeper.processes() }));
      setInterval(() => undefined, 1000);
    `;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const { folder, pids } = JSON.parse(output.toString()) as { folder: string; pids: number[] };
    assert.ok(pids.every(isAlive));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const end = performance.now() + 10_000;
    while (pids.some(isAlive) && performance.now() < end) {
      await delay(10);
    }
    assert.deepEqual(pids.filter(isAlive), []);
    sweepRigFolders();
    assert.ok(!fs.existsSync(folder));
  });
});
