import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { TransportError } from '../../../src/libvirt/errors.ts';
import { connectGetHostname } from '../../../src/libvirt/protocol/connect.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { makeKey } from '../../tools/rig/ssh/keys.ts';
import { startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';
import { SshUser } from './sshUser.ts';

describe('hosts behind one machine', function () {
  this.timeout(60_000);
  let outer: RigHost;
  let bastion: Sshd;
  let hosts: readonly RigHost[];
  let user: SshUser;
  const names = ['one', 'two'];
  const uriOf = (name: string): string => `qemu+ssh://${name}/system`;

  before(async () => {
    outer = await startRigHost({ name: 'bastion' });
    bastion = await startSshd(outer);
    const key = await makeKey(path.join(bastion.folder, 'id'));
    bastion.authorize(outer.member, key);
    hosts = await Promise.all(names.map((name) => startRigHost({ name })));
    const config: string[] = [];
    const known = [bastion.knownHosts()];
    for (const [index, host] of hosts.entries()) {
      const sshd = await startSshd(host);
      sshd.authorize(host.member, key);
      const name = names[index] ?? '';
      known.push(sshd.knownHosts(name));
      config.push(
        ...[`Host ${name}`, '  HostName 127.0.0.1', `  Port ${await sshd.openDoorIn(outer)}`],
        ...[`  User ${host.member.name}`, `  HostKeyAlias ${name}`, '  ProxyJump bastion'],
      );
    }
    config.push(
      ...['Host bastion', '  HostName 127.0.0.1', `  Port ${bastion.port}`],
      ...[`  User ${outer.member.name}`, 'Host *', `  IdentityFile ${key.file}`],
    );
    user = new SshUser({ folder: path.join(bastion.folder, 'user'), config: config.join('\n') });
    fs.appendFileSync(user.knownHosts, known.join(''));
  });

  after(async () => {
    user.close();
    for (const host of [outer, ...hosts]) {
      await host.stop();
    }
  });

  it('are reached by one connection to it, are lost with it, and come back by one', async () => {
    for (let round = 1; round <= 2; round++) {
      const opened = await Promise.all(names.map((name) => user.open(uriOf(name))));
      for (const [index, { connection, dialer }] of opened.entries()) {
        const { hostname } = await connection.call(connectGetHostname, undefined);
        assert.equal(hostname, names[index]);
        assert.deepEqual(dialer.route?.via, ['bastion']);
      }
      assert.equal(bastion.accepted, round);
      // Without, it would hold back the end of large replies
      assert.match(bastion.log(), /Starting session: command/);
      const lost = opened.map(
        ({ connection }) => new Promise<Error>((resolve) => connection.onDidClose(resolve)),
      );
      bastion.signal('SIGKILL'); // the connections, not the server
      for (const cause of await Promise.all(lost)) {
        assert.ok(cause instanceof TransportError, cause.message);
      }
    }
  });
});
