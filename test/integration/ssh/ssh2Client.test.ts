import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { TransportError, type TransportErrorKind } from '../../../src/libvirt/errors.ts';
import { connectGetHostname } from '../../../src/libvirt/protocol/connect.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { SshAgent } from '../../tools/rig/ssh/agent.ts';
import { makeKey, type SshKey } from '../../tools/rig/ssh/keys.ts';
import { startSlowAgent } from '../../tools/rig/ssh/slowAgent.ts';
import { preparePam, setPassword, startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';
import { SshUser, type SshUserOptions } from './sshUser.ts';

describe('a host over SSH, by our own client', function () {
  this.timeout(60_000);
  let host: RigHost;
  let far: RigHost;
  let sshd: Sshd;
  let key: SshKey;
  let folder: string;
  let users = 0;
  const open: SshUser[] = [];

  before(async () => {
    host = await startRigHost({ name: 'near' });
    far = await startRigHost({ name: 'far' });
    sshd = await startSshd(host);
    folder = sshd.folder;
    key = await makeKey(path.join(folder, 'id'));
    sshd.authorize(host.member, key);
    sshd.authorize(host.person, key);
  });

  afterEach(() => {
    for (const user of open.splice(0)) {
      user.close();
    }
  });

  after(async () => {
    await host.stop();
    await far.stop();
  });

  function makeUser(options: Partial<SshUserOptions> = {}): SshUser {
    const user = new SshUser({ folder: path.join(folder, `user-${++users}`), ...options });
    open.push(user);
    return user;
  }

  function uri(server: Sshd = sshd, query = '', account = host.member.name): string {
    return `qemu+ssh://${account}@127.0.0.1:${server.port}/system?socket=${host.socketPath}${query}`;
  }

  /** The daemon's usual socket, as most hosts have it. */
  function plain(server: Sshd): string {
    return `qemu+ssh://${host.member.name}@127.0.0.1:${server.port}/system?keyfile=${key.file}`;
  }

  const withKey = (): string => `&keyfile=${key.file}`;

  async function nameOf(user: SshUser, text: string): Promise<string> {
    const { connection } = await user.open(text);
    const { hostname } = await connection.call(connectGetHostname, undefined);
    connection.close();
    return hostname;
  }

  async function fails(
    user: SshUser,
    text: string,
    kind: TransportErrorKind,
  ): Promise<TransportError> {
    const error: unknown = await user.open(text).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof TransportError, `did not fail: ${text}`);
    assert.equal(error.kind, kind, error.message);
    return error;
  }

  it('reaches the daemon by forwarding, step by step, and shares one connection', async () => {
    const user = makeUser();
    user.trust(sshd);
    const before = sshd.accepted;
    const first = await user.open(uri(sshd, withKey()));
    assert.deepEqual(
      first.steps.map(([step]) => step),
      ['resolve', 'connect', 'hostKey', 'login', 'dialled', 'authenticated', 'opened'],
    );
    assert.match(first.steps[2]![1], /^ssh-ed25519 SHA256:/);
    assert.match(first.steps[3]![1], /key file/);
    assert.equal(first.dialer.route?.way, 'forward');
    assert.equal(first.dialer.route.client, 'ssh2');
    assert.equal(await nameOf(user, uri(sshd, withKey())), 'near');
    assert.equal(sshd.accepted - before, 1);
    first.connection.close();
    assert.equal(await nameOf(user, plain(sshd)), 'near');
  });

  for (const [name, way, config, without] of [
    [
      'by virt-ssh-helper where forwarding is forbidden',
      'helper',
      { AllowStreamLocalForwarding: 'no' },
      ['nc'],
    ],
    [
      'by netcat where nothing else is there',
      'netcat',
      { AllowStreamLocalForwarding: 'no' },
      ['virt-ssh-helper'],
    ],
    ['by forwarding where no command may be run', 'forward', { MaxSessions: 0 }, []],
  ] as const) {
    it(name, async () => {
      const server = await startSshd(host, {
        config,
        without,
        banner: 'No trespassing\n',
        bashrc: 'echo noise; echo more noise >&2; printf "no newline"\n',
      });
      server.authorize(host.member, key);
      const user = makeUser();
      user.trust(server);
      const { connection, dialer } = await user.open(plain(server));
      const { hostname } = await connection.call(connectGetHostname, undefined);
      assert.equal(hostname, 'near');
      assert.equal(dialer.route?.way, way);
      connection.close();
      await server.stop();
    });
  }

  it('opens another connection where the server allows one session of each', async () => {
    const server = await startSshd(host, {
      config: { AllowStreamLocalForwarding: 'no', MaxSessions: 1 },
    });
    server.authorize(host.member, key);
    const user = makeUser();
    user.trust(server);
    const opened = [await user.open(plain(server))];
    assert.equal(server.accepted, 1);
    opened.push(await user.open(plain(server)), await user.open(plain(server)));
    assert.equal(server.accepted, 3);
    for (const { connection } of opened) {
      const { hostname } = await connection.call(connectGetHostname, undefined);
      assert.equal(hostname, 'near');
      connection.close();
    }
    await server.stop();
  });

  it('says so where no way is left', async () => {
    const server = await startSshd(host, {
      config: { AllowStreamLocalForwarding: 'no' },
      without: ['virt-ssh-helper', 'nc'],
    });
    server.authorize(host.member, key);
    const user = makeUser();
    user.trust(server);
    const error = await fails(user, plain(server), 'forbidden');
    assert.ok(error.failure?.about === 'socket');
    assert.deepEqual(
      error.failure.tried.map(({ way }) => way),
      ['forward', 'helper', 'netcat'],
    );
    await server.stop();
  });

  it('tells a socket that is missing, forbidden or silent apart, and may look where it may not act', async () => {
    const user = makeUser();
    user.trust(sshd);
    const base = `qemu+ssh://${host.member.name}@127.0.0.1:${sshd.port}/system?keyfile=${key.file}`;
    await fails(user, `${base}&socket=/nowhere/sock`, 'absent');
    const silent = path.join(host.member.home, 'silent');
    // Whoever is killed leaves it behind
    await host.exec([
      process.execPath,
      '-e',
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))",
      silent,
    ]);
    fs.chmodSync(silent, 0o777);
    await fails(user, `${base}&socket=${silent}`, 'refused');
    const asPerson = uri(sshd, withKey(), host.person.name);
    const error = await fails(user, asPerson, 'permission');
    assert.match(error.message, /usermod -aG libvirt/);
    const { connection } = await user.open(asPerson, { readOnly: true });
    connection.close();
  });

  it('refuses a key that changed or was revoked, with both fingerprints and the line', async () => {
    const user = makeUser();
    const other = await makeKey(path.join(folder, 'other-host-key'));
    fs.writeFileSync(user.knownHosts, `# mine\n[127.0.0.1]:${sshd.port} ${other.publicKey}\n`);
    const changed = await fails(user, uri(sshd, withKey()), 'hostKeyChanged');
    assert.ok(changed.failure?.about === 'hostKey');
    assert.deepEqual(
      changed.failure.known.map(({ file, line }) => [file, line]),
      [[user.knownHosts, 2]],
    );
    assert.match(changed.message, /SHA256:.*SHA256:/s);
    fs.writeFileSync(user.knownHosts, `@revoked * ${sshd.hostKeys[0]!.publicKey}\n`);
    await fails(user, uri(sshd, withKey()), 'hostKeyRevoked');
  });

  it('asks about an unknown key, writes it down on consent, and sends nothing before', async () => {
    const nobody = makeUser();
    const logBefore = sshd.log().length;
    await fails(nobody, uri(sshd, withKey()), 'hostKeyUnknown');
    assert.doesNotMatch(sshd.log().slice(logBefore), /publickey|password|Accepted/);
    const asked: string[] = [];
    const user = makeUser({
      prompts: {
        confirmHostKey: ({ fingerprint }) => {
          asked.push(fingerprint);
          return Promise.resolve(asked.length > 1);
        },
      },
    });
    await fails(user, uri(sshd, withKey()), 'hostKeyUnknown');
    assert.equal(fs.existsSync(user.knownHosts), false);
    assert.equal(await nameOf(user, uri(sshd, withKey())), 'near');
    assert.equal(fs.readFileSync(user.knownHosts, 'utf8'), sshd.knownHosts());
    const later = makeUser();
    fs.copyFileSync(user.knownHosts, later.knownHosts);
    assert.equal(await nameOf(later, uri(sshd, withKey())), 'near');
  });

  it('offers the key of seven that the configuration names first, though the agent has six before it', async () => {
    const server = await startSshd(host, { config: { MaxAuthTries: 3 } });
    const agent = await SshAgent.start(path.join(server.folder, 'agent'));
    try {
      const keys: SshKey[] = [];
      for (let number = 0; number < 7; number++) {
        keys.push(
          await makeKey(path.join(server.folder, `k${number}`), { comment: `number ${number}` }),
        );
        await agent.add(keys[number]!.file);
      }
      server.authorize(host.member, keys[6]!);
      const lost = makeUser({ agent: agent.socket });
      lost.trust(server);
      const error = await fails(lost, uri(server), 'login');
      assert.ok(error.failure?.about === 'login');
      assert.equal(error.failure.tooMany, true);
      assert.match(error.message, /IdentitiesOnly/);
      const config = `Host *\n  IdentityFile ${keys[6]!.file}\n`;
      const user = makeUser({ agent: agent.socket, config });
      user.trust(server);
      const { connection, steps } = await user.open(uri(server));
      assert.match(steps[3]![1], /number 6.*of the agent/);
      connection.close();
    } finally {
      await agent.stop();
      await server.stop();
    }
  });

  it('signs with every type of key, from a file and by an agent', async () => {
    const agent = await SshAgent.start(path.join(folder, 'types-agent'));
    try {
      for (const type of ['rsa', 'ecdsa', 'ed25519'] as const) {
        const one = await makeKey(path.join(folder, `by-${type}`), { type });
        sshd.authorize(host.member, one);
        const fromFile = makeUser();
        fromFile.trust(sshd);
        assert.equal(await nameOf(fromFile, uri(sshd, `&keyfile=${one.file}`)), 'near');
        await agent.add(one.file);
        const config = `Host *\n  IdentityFile ${one.file}\n  IdentitiesOnly yes\n`;
        const byAgent = makeUser({ agent: agent.socket, config });
        byAgent.trust(sshd);
        const { connection, steps } = await byAgent.open(uri());
        assert.match(steps[3]![1], /of the agent$/);
        connection.close();
      }
    } finally {
      await agent.stop();
    }
  });

  it("starts a person's own daemon by libvirt's helper", async () => {
    const user = makeUser();
    user.trust(sshd);
    const { connection, dialer } = await user.open(plain(sshd).replace('/system', '/session'));
    assert.equal(dialer.route?.way, 'helper');
    connection.close();
  });

  it('asks for a passphrase only once the server wants the key, and once only', async () => {
    const locked = await makeKey(path.join(folder, 'locked'), { passphrase: 'open sesame' });
    const stranger = await makeKey(path.join(folder, 'stranger'), { passphrase: 'never asked' });
    sshd.authorize(host.member, locked);
    const asked: string[] = [];
    const config = `Host *\n  IdentityFile ${stranger.file}\n  IdentityFile ${locked.file}\n`;
    const user = makeUser({
      config,
      prompts: {
        passphrase: ({ keyFile, isWrong }) => {
          asked.push(`${path.basename(keyFile)} ${isWrong}`);
          return Promise.resolve(isWrong ? 'open sesame' : 'wrong');
        },
      },
    });
    user.trust(sshd);
    assert.equal(await nameOf(user, uri()), 'near');
    assert.deepEqual(asked, ['locked false', 'locked true']);
    sshd.signal('SIGKILL');
    assert.equal(await nameOf(user, uri()), 'near');
    assert.equal(asked.length, 2);
    const headless = makeUser({ config });
    headless.trust(sshd);
    const error = await fails(headless, uri(), 'login');
    assert.ok(error.failure?.about === 'login');
    assert.equal(error.failure.wants, 'passphrase');
    assert.doesNotMatch([...user.logged, ...headless.logged].join('\n'), /sesame/);
  });

  it('a password, and questions of the server', async () => {
    await setPassword(host, host.member, 'correct horse');
    const server = await startSshd(host, { config: { PasswordAuthentication: 'yes' } });
    const asked: boolean[] = [];
    const user = makeUser({
      prompts: {
        password: ({ isWrong }) => {
          asked.push(isWrong);
          return Promise.resolve(isWrong ? 'correct horse' : 'battery staple');
        },
      },
    });
    user.trust(server);
    assert.equal(await nameOf(user, uri(server)), 'near');
    assert.deepEqual(asked, [false, true]);
    server.signal('SIGKILL');
    assert.equal(await nameOf(user, uri(server)), 'near');
    assert.equal(asked.length, 2);
    await server.stop();
    await preparePam(host);
    const questions = await startSshd(host, {
      config: { UsePAM: 'yes', KbdInteractiveAuthentication: 'yes' },
    });
    const other = makeUser({
      prompts: {
        answers: ({ questions: some }) => Promise.resolve(some.map(() => 'correct horse')),
      },
    });
    other.trust(questions);
    assert.equal(await nameOf(other, uri(questions)), 'near');
    await questions.stop();
    assert.doesNotMatch([...user.logged, ...other.logged].join('\n'), /horse|staple/);
  });

  it('a key and then a password, where the server wants both', async () => {
    await setPassword(host, host.member, 'correct horse');
    const server = await startSshd(host, {
      config: { PasswordAuthentication: 'yes', AuthenticationMethods: 'publickey,password' },
    });
    server.authorize(host.member, key);
    const user = makeUser({ prompts: { password: () => Promise.resolve('correct horse') } });
    user.trust(server);
    assert.equal(await nameOf(user, uri(server, withKey())), 'near');
    await server.stop();
  });

  it('through another machine, as the configuration says', async () => {
    const inner = await startSshd(far);
    inner.authorize(far.member, key);
    const port = await inner.openDoorIn(host);
    const config = [
      'Host inner',
      '  HostName 127.0.0.1',
      `  Port ${port}`,
      `  User ${far.member.name}`,
      '  HostKeyAlias inner',
      '  ProxyJump bastion',
      'Host bastion',
      '  HostName 127.0.0.1',
      `  Port ${sshd.port}`,
      `  User ${host.member.name}`,
      'Host *',
      `  IdentityFile ${key.file}`,
    ].join('\n');
    const user = makeUser({ config });
    user.trust(sshd);
    fs.appendFileSync(user.knownHosts, inner.knownHosts('inner'));
    const { connection, dialer } = await user.open(
      `qemu+ssh://inner/system?socket=${far.socketPath}`,
    );
    const { hostname } = await connection.call(connectGetHostname, undefined);
    assert.equal(hostname, 'far');
    assert.deepEqual(dialer.route?.via, ['bastion']);
    connection.close();
    const byProxy = makeUser({
      config: config.replace(
        'ProxyJump bastion',
        `ProxyCommand ssh -F ${user.configFile} -W %h:%p bastion`,
      ),
    });
    byProxy.trust(sshd);
    fs.appendFileSync(byProxy.knownHosts, inner.knownHosts('inner'));
    assert.equal(await nameOf(byProxy, `qemu+ssh://inner/system?socket=${far.socketPath}`), 'far');
    await inner.stop();
  });

  it('does not use a key file that others may read, and says why', async () => {
    const open = await makeKey(path.join(folder, 'too-open'));
    sshd.authorize(host.member, open);
    fs.chmodSync(open.file, 0o644);
    const user = makeUser();
    user.trust(sshd);
    const error = await fails(user, uri(sshd, `&keyfile=${open.file}`), 'login');
    assert.match(error.message, /too-open: others may read it \(rights 0644\)/);
  });

  it('waits for an agent that waits for a touch, and says so', async () => {
    const agent = await SshAgent.start(path.join(folder, 'real-agent'));
    await agent.add(key.file);
    const socket = path.join(folder, 'slow-agent');
    const slow = await startSlowAgent(socket, agent, 1_200);
    const noticed: string[] = [];
    const user = makeUser({
      agent: socket,
      prompts: {
        agentIsWaiting: ({ key: which, signal }) => {
          noticed.push(`waits for ${which}`);
          signal.addEventListener('abort', () => noticed.push('done'));
        },
      },
    });
    user.trust(sshd);
    assert.equal(await nameOf(user, uri()), 'near');
    assert.equal(noticed.length, 2);
    assert.match(noticed[0]!, /^waits for SHA256:.*\(id\)$/);
    assert.equal(noticed[1], 'done');
    slow.stop();
    await agent.stop();
  });
});
