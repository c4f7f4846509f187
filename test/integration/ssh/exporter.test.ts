import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { runCommand, type CommandResult } from '../../tools/rig/command.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { SshAgent } from '../../tools/rig/ssh/agent.ts';
import { makeKey, type SshKey } from '../../tools/rig/ssh/keys.ts';
import { startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';

describe('the program for the terminal, over SSH', function () {
  this.timeout(90_000);
  let host: RigHost;
  let sshd: Sshd;
  let key: SshKey;
  let knownHosts: string;

  before(async () => {
    execFileSync(process.execPath, ['esbuild.mjs']);
    host = await startRigHost({ name: 'remote' });
    sshd = await startSshd(host);
    key = await makeKey(path.join(sshd.folder, 'id'));
    sshd.authorize(host.member, key);
    knownHosts = path.join(sshd.folder, 'known_hosts');
    fs.writeFileSync(knownHosts, sshd.knownHosts());
  });

  after(() => host.stop());

  function ask(
    query: string,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    const uri = `qemu+ssh://${host.member.name}@127.0.0.1:${sshd.port}/system?known_hosts=${knownHosts}${query}`;
    const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return runCommand([
      ...['env', '-u', 'SSH_AUTH_SOCK', ...environment],
      ...[process.execPath, 'dist/exporter.cjs', '--uri', uri, '--once'],
    ]);
  }

  it('reads a host with a key file, with one connection', async () => {
    const before = sshd.accepted;
    const result = await ask(`&keyfile=${key.file}`);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /remote/);
    assert.equal(sshd.accepted - before, 1);
  });

  it('with an agent, or a credential of the service manager', async () => {
    const agent = await SshAgent.start(path.join(sshd.folder, 'agent'));
    await agent.add(key.file);
    const byAgent = await ask('', { SSH_AUTH_SOCK: agent.socket });
    await agent.stop();
    assert.equal(byAgent.code, 0, byAgent.stderr);
    const credentials = path.join(sshd.folder, 'credentials');
    fs.mkdirSync(credentials);
    fs.copyFileSync(key.file, path.join(credentials, 'vm-deck-ssh-key'));
    const byCredential = await ask('', { CREDENTIALS_DIRECTORY: credentials });
    assert.equal(byCredential.code, 0, byCredential.stderr);
  });

  it('never asks: what it would have to ask for is an error that says so', async () => {
    const locked = await makeKey(path.join(sshd.folder, 'locked'), { passphrase: 'a secret' });
    sshd.authorize(host.member, locked);
    const result = await ask(`&keyfile=${locked.file}`);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /passphrase.*ssh-add/);
    fs.writeFileSync(knownHosts, '');
    const unknown = await ask(`&keyfile=${key.file}`);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /not known yet.*SHA256:.*connect once with ssh/);
    assert.equal(fs.readFileSync(knownHosts, 'utf8'), '');
  });
});
