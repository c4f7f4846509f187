import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { once } from 'node:events';
import * as path from 'node:path';

import type { Account } from '../../tools/rig/accounts.ts';
import { type CommandResult, runCommand } from '../../tools/rig/command.ts';
import { FaultProxy } from '../../tools/rig/faultProxy.ts';
import { type RigHost, startRigHost } from '../../tools/rig/rigHost.ts';
import { SshAgent } from '../../tools/rig/ssh/agent.ts';
import { makeKey, signKey, type SshKey } from '../../tools/rig/ssh/keys.ts';
import { preparePam, setPassword, startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';

describe("the rig's sshd", () => {
  let alpha: RigHost;
  let beta: RigHost;
  let sshd: Sshd;
  let key: SshKey;

  /** Runs OpenSSH with nothing of this machine's configuration. */
  function ssh(
    server: Sshd,
    account: Account,
    options: readonly string[],
    command: readonly string[],
    port = server.port,
  ): Promise<CommandResult> {
    const known = path.join(server.folder, 'known_hosts');
    fs.writeFileSync(known, server.knownHosts());
    return runCommand([
      ...['ssh', '-F', 'none', '-p', String(port), '-l', account.name, '-o', 'BatchMode=yes'],
      ...['-o', `UserKnownHostsFile=${known}`, '-o', 'GlobalKnownHostsFile=none'],
      ...['-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none', ...options],
      ...['--', '127.0.0.1', ...command],
    ]);
  }

  before(async () => {
    alpha = await startRigHost({ name: 'alpha' });
    beta = await startRigHost({ name: 'beta' });
    sshd = await startSshd(alpha);
    key = await makeKey(path.join(sshd.folder, 'mine'));
    sshd.authorize(alpha.member, key);
    sshd.authorize(alpha.person, key);
  });

  after(async () => {
    await alpha.stop();
    await beta.stop();
  });

  it("runs commands inside the host, as the host's people, and reaches its libvirtd", async () => {
    const command = ['id -un; hostname; virsh -c qemu:///system list --all'];
    const result = await ssh(sshd, alpha.member, ['-i', key.file], command);
    assert.match(result.stdout, /^vmd-member\nalpha\n Id +Name +State/);
    assert.equal(result.code, 0);
    assert.equal(sshd.accepted, 1);
  });

  it('forwards to the socket for a member of the group only, and speaks libvirt over virt-ssh-helper', async () => {
    for (const [account, code] of [
      [alpha.member, 0],
      [alpha.person, 1],
    ] as const) {
      const uri = `qemu+ssh://${account.name}@127.0.0.1:${sshd.port}/system?keyfile=${key.file}&no_verify=1&proxy=native&no_tty=1`;
      const result = await runCommand(['virsh', '-c', uri, 'hostname']);
      assert.equal(result.code, code, result.stderr);
      assert.equal(result.stdout.trim(), code === 0 ? 'alpha' : '');
    }
  });

  it('hides programs, shows a banner, and lets a shell be noisy', async () => {
    const server = await startSshd(alpha, {
      without: ['virt-ssh-helper', 'nc'],
      banner: 'Authorized use only\n',
      bashrc: 'echo hello from .bashrc\n',
    });
    server.authorize(alpha.member, key);
    const command = ['command -v nc virt-ssh-helper virsh'];
    const result = await ssh(server, alpha.member, ['-i', key.file], command);
    assert.equal(result.stdout, `hello from .bashrc\n${server.folder}/bin/virsh\n`);
    assert.match(result.stderr, /Authorized use only/);
    fs.rmSync(path.join(alpha.member.home, '.bashrc'));
    await server.stop();
  });

  it('asks for passwords, by itself and through PAM', async () => {
    await setPassword(alpha, alpha.member, 'correct horse');
    await preparePam(alpha);
    const ask = path.join(sshd.folder, 'ask');
    fs.writeFileSync(ask, '#!/bin/sh\necho "correct horse"\n', { mode: 0o755 });
    for (const [method, config] of [
      ['password', { PasswordAuthentication: 'yes' }],
      ['keyboard-interactive', { UsePAM: 'yes', KbdInteractiveAuthentication: 'yes' }],
    ] as const) {
      const server = await startSshd(alpha, { config });
      const known = path.join(server.folder, 'known_hosts');
      fs.writeFileSync(known, server.knownHosts());
      const result = await runCommand([
        ...['env', `SSH_ASKPASS=${ask}`, 'SSH_ASKPASS_REQUIRE=force', 'ssh', '-F', 'none'],
        ...['-o', `UserKnownHostsFile=${known}`, '-o', `PreferredAuthentications=${method}`],
        ...['-p', String(server.port), '-l', alpha.member.name, '127.0.0.1', 'id -un'],
      ]);
      assert.equal(result.stdout, 'vmd-member\n', result.stderr + server.log());
      await server.stop();
    }
  });

  it('is jumped through from one host to another', async () => {
    const inner = await startSshd(beta);
    inner.authorize(beta.member, key);
    const port = await inner.openDoorIn(alpha);
    const known = path.join(sshd.folder, 'both');
    fs.writeFileSync(known, sshd.knownHosts() + inner.knownHosts(`[127.0.0.1]:${port}`));
    const config = path.join(sshd.folder, 'client');
    fs.writeFileSync(
      config,
      `Host *\n User vmd-member\n HostName 127.0.0.1\n IdentityFile ${key.file}\n IdentitiesOnly yes\n` +
        ` UserKnownHostsFile ${known}\nHost beta\n Port ${port}\n ProxyJump alpha\nHost alpha\n Port ${sshd.port}\n`,
    );
    const result = await runCommand([
      'ssh',
      '-F',
      config,
      '-o',
      'BatchMode=yes',
      'beta',
      'hostname',
    ]);
    assert.equal(result.stdout, 'beta\n', result.stderr);
    await inner.stop();
  });

  it('trusts authorities, of people and for itself, and an agent holds keys', async () => {
    const folder = path.join(sshd.folder, 'ca');
    fs.mkdirSync(folder);
    const authority = await makeKey(path.join(folder, 'authority'));
    const hostKey = await makeKey(path.join(folder, 'host'));
    const certificate = await signKey(authority, hostKey, {
      isHost: true,
      principals: ['127.0.0.1'],
    });
    const mine = await makeKey(path.join(folder, 'mine'));
    await signKey(authority, mine, { principals: [alpha.member.name] });
    const server = await startSshd(alpha, {
      hostKeys: [hostKey],
      hostCertificates: [certificate],
      userAuthorities: [authority],
    });
    const agent = await SshAgent.start(path.join(folder, 'agent'));
    await agent.add(mine.file);
    const known = path.join(folder, 'known_hosts');
    fs.writeFileSync(known, `@cert-authority [127.0.0.1]:${server.port} ${authority.publicKey}\n`);
    const result = await runCommand([
      ...['ssh', '-F', 'none', '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${known}`],
      ...['-o', `IdentityAgent=${agent.socket}`, '-p', String(server.port)],
      ...[`${alpha.member.name}@127.0.0.1`, 'id -un'],
    ]);
    assert.equal(result.stdout, 'vmd-member\n', result.stderr);
    await agent.stop();
    await server.stop();
  });

  it('leaves nothing of logins on this machine', () => {
    for (const book of ['btmp', 'wtmp', 'lastlog'].map((name) => `/var/log/${name}`)) {
      if (fs.existsSync(book)) {
        assert.ok(!fs.readFileSync(book, 'latin1').includes('vmd-'));
      }
    }
  });

  it('is frozen, goes on, and is cut', async () => {
    const socket = net.connect({ port: sshd.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    const [hello] = (await once(socket, 'data')) as [Buffer];
    assert.match(hello.toString(), /^SSH-2\.0-OpenSSH/);
    sshd.signal('SIGSTOP');
    sshd.signal('SIGCONT');
    sshd.signal('SIGKILL');
    await once(socket, 'close');
    while (sshd.processes().length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});

describe('the fault proxy', () => {
  let server: net.Server;
  let proxy: FaultProxy;

  before(async () => {
    server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await FaultProxy.open((server.address() as net.AddressInfo).port);
  });

  after(async () => {
    await proxy.close();
    server.close();
  });

  /** Sends this much and tells how much came back, and how it ended. */
  async function echo(bytes: number): Promise<{ got: number; error: string | undefined }> {
    const socket = net.connect({ port: proxy.port, host: '127.0.0.1' });
    let got = 0;
    let error: string | undefined;
    socket.on('data', (chunk) => {
      got += chunk.length;
      if (got === bytes) {
        socket.end();
      }
    });
    socket.on('error', (reason: NodeJS.ErrnoException) => (error = reason.code));
    socket.write(Buffer.alloc(bytes));
    await new Promise((resolve) => socket.once('close', resolve));
    return { got, error };
  }

  it('passes everything on', async () => {
    assert.deepEqual(await echo(3_000_000), { got: 3_000_000, error: undefined });
  });

  it('cuts after so many bytes', async () => {
    proxy.cutAfter(150_000);
    assert.ok((await echo(100_000)).got <= 50_000);
    proxy.cutAfter(150_000, 'end');
    assert.deepEqual(await echo(100_000), { got: 50_000, error: undefined });
    proxy.cutAfter(undefined);
  });

  it('swallows everything, and gives it back', async () => {
    proxy.stall();
    const answer = echo(1_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await Promise.race([answer, Promise.resolve('nothing')]), 'nothing');
    proxy.flow();
    assert.deepEqual(await answer, { got: 1_000, error: undefined });
  });

  it('takes its time, refuses, and cuts what is open', async () => {
    proxy.delayMs = 30;
    const before = performance.now();
    assert.equal((await echo(10)).got, 10);
    assert.ok(performance.now() - before >= 55);
    proxy.delayMs = 0;
    proxy.refuse(true);
    assert.equal((await echo(10)).error, 'ECONNRESET');
    proxy.refuse(false);
    proxy.stall();
    const { accepted } = proxy;
    const answer = echo(10);
    while (proxy.accepted === accepted) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    proxy.cutAll();

    assert.equal((await answer).error, 'ECONNRESET');
    proxy.flow();
  });
});
