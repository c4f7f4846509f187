import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TransportError } from '../../../src/libvirt/errors.ts';
import { connectGetHostname } from '../../../src/libvirt/protocol/connect.ts';
import type { SshPrompts } from '../../../src/transport/ssh/sshPrompts.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { makeKey, type SshKey } from '../../tools/rig/ssh/keys.ts';
import { setPassword, startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';
import { SshUser } from './sshUser.ts';

const uri = 'qemu+ssh://inner/system';

describe("a host behind another machine, by the user's own OpenSSH", function () {
  this.timeout(60_000);
  let host: RigHost;
  let far: RigHost;
  let inner: Sshd;
  /** Takes the key of `inner`. */
  let byKey: Sshd;
  /** Takes a password only. */
  let byPassword: Sshd;
  let key: SshKey;
  let door: number;
  let users = 0;

  before(async () => {
    host = await startRigHost({ name: 'bastion' });
    far = await startRigHost({ name: 'far' });
    inner = await startSshd(far);
    door = await inner.openDoorIn(host);
    byKey = await startSshd(host);
    byPassword = await startSshd(host, { config: { PasswordAuthentication: 'yes' } });
    key = await makeKey(path.join(byKey.folder, 'id'));
    inner.authorize(far.member, key);
    byKey.authorize(host.member, key);
    await setPassword(host, host.member, 'correct horse');
  });

  after(async () => {
    await host.stop();
    await far.stop();
  });

  /** Somebody who knows `inner`, and reaches it through the bastion. */
  function makeUser(bastion: Sshd, prompts?: Partial<SshPrompts>): SshUser {
    const user = new SshUser({
      folder: path.join(byKey.folder, `user-${++users}`),
      client: 'openssh',
      ...(prompts && { prompts }),
      config: [
        ...['Host inner', '  HostName 127.0.0.1', `  Port ${door}`, `  User ${far.member.name}`],
        ...['  HostKeyAlias inner', '  ProxyJump bastion'],
        ...['Host bastion', '  HostName localhost', `  Port ${bastion.port}`],
        ...[`  User ${host.member.name}`, 'Host *', `  IdentityFile ${key.file}`],
      ].join('\n'),
    });
    fs.appendFileSync(user.knownHosts, inner.knownHosts('inner'));
    return user;
  }

  async function failure(user: SshUser): Promise<TransportError> {
    const error: unknown = await user.open(uri).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Error && 'kind' in error, 'it did not fail');
    return error as TransportError;
  }

  const nameOf = (bastion: Sshd): string => `[localhost]:${bastion.port}`;

  it('is reached as the configuration says', async () => {
    const user = makeUser(byKey);
    fs.appendFileSync(user.knownHosts, byKey.knownHosts(nameOf(byKey)));
    const { connection, dialer } = await user.open(uri);
    assert.equal((await connection.call(connectGetHostname, undefined)).hostname, 'far');
    assert.deepEqual(dialer.route?.via, ['bastion']);
    connection.close();
    user.close();
  });

  it('has that machine’s key and password asked for by its own name', async () => {
    const questions: string[] = [];
    let password = 'battery staple';
    const user = makeUser(byPassword, {
      answers: ({ questions: [question] }) => {
        questions.push(question?.text ?? '');
        return Promise.resolve([password]);
      },
      confirmHostKey: ({ host: name }) => {
        questions.push(name);
        return Promise.resolve(true);
      },
    });
    const denied = await failure(user);
    assert.equal(denied.kind, 'login');
    assert.match(
      denied.message,
      /^localhost \(on the way to inner\) did not let \S+ in\. It takes: /,
    );
    password = 'correct horse';
    (await user.open(uri)).connection.close();
    assert.equal(questions[0], nameOf(byPassword));
    assert.deepEqual(
      [...new Set(questions.slice(1))],
      [`${host.member.name}@localhost's password: `],
    );
    user.close();
  });

  it('says of that machine’s host key that it is unknown, or another than before', async () => {
    const user = makeUser(byKey);
    const unknown = await failure(user);
    assert.equal(unknown.kind, 'hostKeyUnknown');
    assert.match(unknown.message, /^bastion \(on the way to inner\): nobody vouched for/);

    const other = await makeKey(path.join(byKey.folder, 'another'));
    fs.appendFileSync(user.knownHosts, `${nameOf(byKey)} ${other.publicKey}\n`);
    const changed = await failure(user);
    assert.equal(changed.kind, 'hostKeyChanged');
    const start = `${nameOf(byKey)} (on the way to inner) showed another host key than before`;
    assert.equal(changed.message.slice(0, start.length), start);
    assert.ok(changed.failure?.about === 'hostKey');
    assert.equal(changed.failure.host, nameOf(byKey));
    assert.match(changed.failure.fingerprint, /^SHA256:./);
    assert.equal(changed.failure.known[0]?.file, user.knownHosts);
    user.close();
  });

  it('says that nobody listens there', async () => {
    const gone = await startSshd(host);
    await gone.stop();
    const user = makeUser(gone);
    const error = await failure(user);
    assert.equal(error.kind, 'unreachable');
    const start = `localhost:${gone.port} (on the way to inner) refuses connections`;
    assert.equal(error.message.slice(0, start.length), start);
    user.close();
  });
});
