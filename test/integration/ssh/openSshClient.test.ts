import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TransportError, type TransportErrorKind } from '../../../src/libvirt/errors.ts';
import { connectGetHostname } from '../../../src/libvirt/protocol/connect.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { SshAgent } from '../../tools/rig/ssh/agent.ts';
import { Kerberos } from '../../tools/rig/ssh/kerberos.ts';
import { makeKey, signKey, type SshKey } from '../../tools/rig/ssh/keys.ts';
import { securityKeyProvider, slowTouch } from '../../tools/rig/ssh/securityKey.ts';
import { makeSmartCard } from '../../tools/rig/ssh/smartCard.ts';
import { preparePam, setPassword, startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';
import { SshUser, type SshUserOptions } from './sshUser.ts';

describe("a host over SSH, by the user's own OpenSSH", function () {
  this.timeout(60_000);
  let host: RigHost;
  let sshd: Sshd;
  let key: SshKey;
  let folder: string;
  let users = 0;
  const open: SshUser[] = [];

  before(async () => {
    host = await startRigHost({ name: 'near' });
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
  });

  function makeUser(options: Partial<SshUserOptions> = {}): SshUser {
    const user = new SshUser({
      folder: path.join(folder, `user-${++users}`),
      client: 'openssh',
      ...options,
    });
    open.push(user);
    return user;
  }

  const withKey = (): string => `Host *\n  IdentityFile ${key.file}\n`;

  function uri(server: Sshd = sshd, query = '', account = host.member.name): string {
    return `qemu+ssh://${account}@127.0.0.1:${server.port}/system${query}`;
  }

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
    options: Parameters<SshUser['open']>[1] = {},
  ): Promise<TransportError> {
    const error: unknown = await user.open(text, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof TransportError, `did not fail: ${text}`);
    assert.equal(error.kind, kind, error.message);
    return error;
  }

  it('reaches the daemon by the helper, step by step, and shares one connection', async () => {
    const user = makeUser({ config: withKey() });
    user.trust(sshd);
    const before = sshd.accepted;
    const first = await user.open(uri());
    assert.deepEqual(
      first.steps.map(([step]) => step),
      ['resolve', 'connect', 'hostKey', 'login', 'dialled', 'authenticated', 'opened'],
    );
    assert.match(first.steps[2]![1], /^ssh-ed25519 SHA256:/);
    assert.match(first.steps[3]![1], /^key .*id SHA256:/);
    assert.equal(first.dialer.route?.way, 'helper');
    assert.equal(first.dialer.route.client, 'openssh');
    assert.equal(await nameOf(user, uri()), 'near');
    assert.equal(sshd.accepted - before, 1);
    first.connection.close();
  });

  it('by netcat without the helper, past a banner and a noisy shell', async () => {
    const server = await startSshd(host, {
      without: ['virt-ssh-helper'],
      banner: 'No trespassing\n',
      bashrc: 'echo noise; echo more noise >&2; printf "no newline"\n',
    });
    server.authorize(host.member, key);
    const user = makeUser({ config: withKey() });
    user.trust(server);
    const { connection, dialer } = await user.open(uri(server));
    assert.equal(dialer.route?.way, 'netcat');
    connection.close();
    fs.rmSync(path.join(host.member.home, '.bashrc'));
    await server.stop();
  });

  it('says so where no way is left, and where no command may be run', async () => {
    for (const options of [
      { without: ['virt-ssh-helper', 'nc'] },
      { config: { MaxSessions: 0 } },
    ] as const) {
      const server = await startSshd(host, options);
      server.authorize(host.member, key);
      const user = makeUser({ config: withKey() });
      user.trust(server);
      await fails(user, uri(server), 'forbidden');
      await server.stop();
    }
  });

  it('opens another connection where a server allows one session only', async () => {
    const server = await startSshd(host, { config: { MaxSessions: 1 } });
    server.authorize(host.member, key);
    const user = makeUser({ config: withKey() });
    user.trust(server);
    const [one, other] = await Promise.all([user.open(uri(server)), user.open(uri(server))]);
    for (const { connection } of [one, other]) {
      assert.equal((await connection.call(connectGetHostname, undefined)).hostname, 'near');
      connection.close();
    }
    await server.stop();
  });

  it('tells a socket that is missing and one that is forbidden apart, and looks where it may', async () => {
    const user = makeUser({ config: withKey() });
    user.trust(sshd);
    await fails(user, uri(sshd, '?socket=/nowhere/sock'), 'absent');
    const asPerson = uri(sshd, '', host.person.name);
    const error = await fails(user, asPerson, 'permission');
    assert.match(error.message, /usermod -aG libvirt/);
    const { connection } = await user.open(asPerson, { readOnly: true });
    connection.close();
  });

  it('refuses a key that changed or was revoked, and says where the old one is', async () => {
    const user = makeUser({ config: withKey() });
    const other = await makeKey(path.join(folder, 'other-host-key'));
    fs.writeFileSync(user.knownHosts, `# mine\n[127.0.0.1]:${sshd.port} ${other.publicKey}\n`);
    const changed = await fails(user, uri(), 'hostKeyChanged');
    assert.ok(changed.failure?.about === 'hostKey');
    assert.deepEqual(
      changed.failure.known.map(({ file, line, keyType }) => [file, line, keyType]),
      [[user.knownHosts, 2, 'ssh-ed25519']],
    );
    const fingerprints = [changed.failure.fingerprint, changed.failure.known[0]!.fingerprint];
    assert.ok(fingerprints.every((text) => changed.message.split(text).length > 1 && text !== ''));
    fs.writeFileSync(user.knownHosts, `@revoked * ${sshd.hostKeys[0]!.publicKey}\n`);
    await fails(user, uri(), 'hostKeyRevoked');
  });

  it('asks about an unknown key, and sends nothing before', async () => {
    const nobody = makeUser({ config: withKey() });
    const logBefore = sshd.log().length;
    const error = await fails(nobody, uri(), 'hostKeyUnknown');
    assert.doesNotMatch(sshd.log().slice(logBefore), /publickey|password|Accepted/);
    assert.ok(error.failure?.about === 'hostKey');
    const asked: string[] = [];
    const user = makeUser({
      config: withKey(),
      prompts: {
        confirmHostKey: ({ fingerprint }) => {
          asked.push(fingerprint);
          return Promise.resolve(asked.length > 1);
        },
      },
    });
    await fails(user, uri(), 'hostKeyUnknown');
    assert.equal(await nameOf(user, uri()), 'near');
    assert.deepEqual(asked, [error.failure.fingerprint, error.failure.fingerprint]);
    assert.match(fs.readFileSync(user.knownHosts, 'utf8'), /ssh-ed25519/);
  });

  it('asks for a passphrase, for a password, and what a server wants to know', async () => {
    const locked = await makeKey(path.join(folder, 'locked'), { passphrase: 'open sesame' });
    sshd.authorize(host.member, locked);
    const config = `Host *\n  IdentityFile ${locked.file}\n`;
    const logs: SshUser[] = [];
    const asked: string[] = [];
    const user = makeUser({
      config,
      prompts: {
        passphrase: ({ keyFile, isWrong }) => {
          asked.push(`${path.basename(keyFile)} ${isWrong}`);
          return Promise.resolve(isWrong ? 'open sesame' : 'wrong sesame');
        },
      },
    });
    user.trust(sshd);
    assert.equal(await nameOf(user, uri()), 'near');
    assert.deepEqual(asked, ['locked false', 'locked true']);
    logs.push(user);

    const headless = makeUser({ config });
    headless.trust(sshd);
    const error = await fails(headless, uri(), 'login');
    assert.ok(error.failure?.about === 'login');
    assert.equal(error.failure.wants, 'passphrase');
    logs.push(headless);

    await setPassword(host, host.member, 'correct horse');
    await preparePam(host);
    for (const [settings, prompts] of [
      [
        { PasswordAuthentication: 'yes' },
        {
          password: ({ isWrong }: { isWrong: boolean }) =>
            Promise.resolve(isWrong ? 'correct horse' : 'battery staple'),
        },
      ],
      [
        { UsePAM: 'yes', KbdInteractiveAuthentication: 'yes' },
        { answers: () => Promise.resolve(['correct horse']) },
      ],
    ] as const) {
      const server = await startSshd(host, { config: settings });
      const other = makeUser({ prompts });
      other.trust(server);
      assert.equal(await nameOf(other, uri(server)), 'near');
      // Those who share the connection are not asked again, and nobody is asked who does not wait
      assert.equal(await nameOf(other, uri(server)), 'near');
      logs.push(other);
      if ('password' in prompts) {
        server.signal('SIGKILL');
        await delay(500);
        // By the password that was right
        const again = await other.open(uri(server), { mayAsk: false });
        assert.equal(again.dialer.route?.client, 'openssh');
        again.connection.close();
      }
      const alone = makeUser({ prompts });
      alone.trust(server);
      await fails(alone, uri(server), 'login', { mayAsk: false });
      await server.stop();
    }
    const logged = logs.flatMap((one) => one.logged).join('\n');
    assert.doesNotMatch(logged, /sesame|horse|staple/);
  });

  it('is not locked out by MaxAuthTries, with seven keys in the agent', async () => {
    const server = await startSshd(host, { config: { MaxAuthTries: 3 } });
    const agent = await SshAgent.start(path.join(server.folder, 'agent'));
    try {
      const keys: SshKey[] = [];
      for (let number = 0; number < 7; number++) {
        keys.push(await makeKey(path.join(server.folder, `k${number}`)));
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
      assert.equal(await nameOf(user, uri(server)), 'near');
    } finally {
      await agent.stop();
      await server.stop();
    }
  });

  it('says that a key file is not used since others may read it', async () => {
    const wide = await makeKey(path.join(folder, 'too-open'));
    sshd.authorize(host.member, wide);
    fs.chmodSync(wide.file, 0o644);
    const user = makeUser();
    user.trust(sshd);
    const error = await fails(user, uri(sshd, `?keyfile=${wide.file}`), 'login');
    assert.match(error.message, /too-open: not used, bad permissions/);
  });

  it('is chosen by itself for what our own client cannot do: certificates, of people and hosts', async () => {
    const place = path.join(folder, 'ca');
    fs.mkdirSync(place);
    const authority = await makeKey(path.join(place, 'authority'));
    const hostKey = await makeKey(path.join(place, 'host'));
    const certificate = await signKey(authority, hostKey, {
      isHost: true,
      principals: ['127.0.0.1'],
    });
    const mine = await makeKey(path.join(place, 'mine'));
    await signKey(authority, mine, { principals: [host.member.name] });
    const server = await startSshd(host, {
      hostKeys: [hostKey],
      hostCertificates: [certificate],
      userAuthorities: [authority],
    });
    const user = makeUser({ client: 'auto', config: `Host *\n  IdentityFile ${mine.file}\n` });
    fs.writeFileSync(
      user.knownHosts,
      `@cert-authority [127.0.0.1]:${server.port} ${authority.publicKey}\n`,
    );
    const { connection, dialer, steps } = await user.open(uri(server));
    assert.equal(dialer.route?.client, 'openssh');
    assert.match(steps[2]![1], /cert/);
    assert.equal((await connection.call(connectGetHostname, undefined)).hostname, 'near');
    connection.close();

    const forced = makeUser({ client: 'ssh2', config: `Host *\n  IdentityFile ${mine.file}\n` });
    forced.trust(server);
    await fails(forced, uri(server), 'login');
    await server.stop();
  });

  it('is chosen by itself for a Kerberos ticket, before anybody is asked for a password', async () => {
    const kerberos = await Kerberos.start(path.join(folder, 'kerberos'));
    try {
      const server = await startSshd(host, {
        config: {
          GSSAPIAuthentication: 'yes',
          // It is called by its address, which is not the name it has itself
          GSSAPIStrictAcceptorCheck: 'no',
          PasswordAuthentication: 'yes',
        },
        variables: { ...kerberos.variables, KRB5_KTNAME: await kerberos.add('host/127.0.0.1') },
      });
      const { name } = host.member;
      const keytab = await kerberos.add(name);
      const ticket = await kerberos.ticketOf(name, keytab);
      const asked: string[] = [];
      const open = async (
        variables: Readonly<Record<string, string>>,
        config = 'GSSAPIAuthentication yes',
      ): Promise<string | undefined> => {
        const user = makeUser({
          ...{ client: 'auto', config: `Host *\n  ${config}\n  IdentityAgent none\n`, variables },
          prompts: {
            password: () => {
              asked.push('password');
              return Promise.resolve(undefined);
            },
          },
        });
        user.trust(server);
        const { connection, dialer } = await user.open(uri(server));
        connection.close();
        return dialer.route?.client;
      };
      assert.equal(await open(ticket), 'openssh');
      assert.deepEqual(asked, []);
      // Without a ticket, or where it is not wanted, it is ours that asks
      await assert.rejects(open(kerberos.variables), { kind: 'login' });
      await assert.rejects(open(ticket, 'GSSAPIAuthentication no'), { kind: 'login' });
      assert.deepEqual(asked, ['password', 'password']);
      await server.stop();
    } finally {
      await kerberos.stop();
    }
  });

  it('is chosen by itself for the key of a smart card, whose PIN is asked for', async () => {
    const card = await makeSmartCard(path.join(folder, 'card'));
    sshd.authorize(host.member, card);
    const asked: string[] = [];
    const user = makeUser({
      client: 'auto',
      config: `Host *\n  PKCS11Provider ${card.provider}\n  IdentityAgent none\n`,
      variables: card.variables,
      prompts: {
        answers: ({ questions }) => {
          asked.push(...questions.map(({ text, echo }) => `${text}${echo}`));
          return Promise.resolve([card.pin]);
        },
      },
    });
    user.trust(sshd);
    const { connection, dialer } = await user.open(uri());
    assert.equal(dialer.route?.client, 'openssh');
    assert.equal((await connection.call(connectGetHostname, undefined)).hostname, 'near');
    assert.deepEqual(asked, [`Enter PIN for '${card.label}': false`]);
    assert.ok(!user.logged.some((line) => line.includes(card.pin)));
    connection.close();
  });

  for (const passphrase of ['', 'open sesame']) {
    const kind = passphrase === '' ? 'a security key' : 'a security key with a passphrase';
    it(`is chosen by itself for ${kind}, which is to be touched`, async () => {
      const server = await startSshd(host, { config: { PasswordAuthentication: 'yes' } });
      const file = path.join(server.folder, `id_sk_${passphrase.length}`);
      const mine = await makeKey(file, { type: 'ed25519-sk', securityKeyProvider, passphrase });
      server.authorize(host.member, mine);
      const asked: string[] = [];
      const touches: { readonly key: string; readonly signal: AbortSignal }[] = [];
      const user = makeUser({
        client: 'auto',
        config: [
          ...['Host *', `  IdentityFile ${file}`, `  SecurityKeyProvider ${securityKeyProvider}`],
          '  IdentityAgent none\n',
        ].join('\n'),
        variables: slowTouch(server.folder, 3),
        prompts: {
          password: () => {
            asked.push('password');
            return Promise.resolve(undefined);
          },
          passphrase: ({ keyFile, isWrong }) => {
            asked.push(`passphrase of ${keyFile}${isWrong ? ' again' : ''}`);
            return Promise.resolve(passphrase);
          },
          agentIsWaiting: ({ key: touched, signal }) => {
            touches.push({ key: touched, signal });
          },
        },
      });
      user.trust(server);
      const { connection, dialer } = await user.open(uri(server));
      assert.equal(dialer.route?.client, 'openssh');
      assert.equal((await connection.call(connectGetHostname, undefined)).hostname, 'near');
      assert.deepEqual(asked, passphrase === '' ? [] : [`passphrase of ${file}`]);
      const [touch] = touches;
      assert.equal(touches.length, 1, 'one notice for one touch');
      assert.match(touch?.key ?? '', /^ED25519-SK SHA256:/);
      assert.ok(touch?.signal.aborted, 'the notice goes with the touch');
      connection.close();
      await server.stop();
    });
  }

  it('asks itself where a security key is not the one, but not on Windows, where OpenSSH cannot ask', async () => {
    const server = await startSshd(host, { config: { PasswordAuthentication: 'yes' } });
    await setPassword(host, host.member, 'correct horse');
    await preparePam(host);
    const file = path.join(server.folder, 'id_sk');
    await makeKey(file, { type: 'ed25519-sk', securityKeyProvider });
    for (const [platform, client] of [
      ['linux', 'openssh'],
      ['win32', 'ssh2'],
    ] as const) {
      const user = makeUser({
        ...{ client: 'auto', platform },
        config: `Host *\n  IdentityFile ${file}\n  IdentityAgent none\n`,
        prompts: { password: () => Promise.resolve('correct horse') },
      });
      user.trust(server);
      const { connection, dialer } = await user.open(uri(server));
      assert.equal(dialer.route?.client, client, platform);
      assert.equal((await connection.call(connectGetHostname, undefined)).hostname, 'near');
      connection.close();
    }
    await server.stop();
  });

  it('leaves no process and no folder behind', async () => {
    const mine = (): string[] =>
      fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('vm-deck-ssh-'));
    const before = mine();
    const user = makeUser({ config: withKey() });
    user.trust(sshd);
    const { connection } = await user.open(uri());
    const made = mine().filter((name) => !before.includes(name));
    assert.notDeepEqual(made, []);
    connection.close();
    user.close();
    const left = (): readonly string[] => mine().filter((name) => made.includes(name));
    const end = performance.now() + 10_000;
    while ((left().length > 0 || sshd.processes().length > 0) && performance.now() < end) {
      await delay(20);
    }
    assert.deepEqual(left(), []);
    assert.deepEqual(sshd.processes(), []);
  });
});
