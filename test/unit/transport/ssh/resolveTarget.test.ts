import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { TransportError } from '../../../../src/libvirt/errors.ts';
import { parseHostUri } from '../../../../src/libvirt/uri.ts';
import { listSshHosts } from '../../../../src/transport/ssh/listSshHosts.ts';
import { resolveTarget } from '../../../../src/transport/ssh/resolveTarget.ts';
import type { SshTarget } from '../../../../src/transport/ssh/sshTarget.ts';
import { SshFolder } from './sshFolder.ts';

const noOpenSsh = '/nowhere/ssh';

describe("the user's SSH configuration", function () {
  this.timeout(20_000);
  let folder: SshFolder;
  beforeEach(() => {
    folder = new SshFolder();
  });
  afterEach(() => {
    folder.dispose();
  });

  /** Resolved by OpenSSH, and by ourselves. */
  async function both(config: string, uri: string): Promise<readonly [SshTarget, SshTarget]> {
    const configFile = folder.write('config', config);
    return Promise.all([
      resolveTarget(parseHostUri(uri), folder.environment({ configFile })),
      resolveTarget(parseHostUri(uri), folder.environment({ configFile, sshProgram: noOpenSsh })),
    ]);
  }

  /** Both must agree; returns what they say. */
  async function agreed(config: string, uri = 'qemu+ssh://lab/system'): Promise<SshTarget> {
    const [theirs, ours] = await both(config, uri);
    assert.deepEqual(comparable(ours), comparable(theirs));
    return theirs;
  }

  it('the URI goes before the configuration, and that before the defaults', async () => {
    const config = 'Host lab\n  User them\n  Port 2200\n  HostName lab.example\n';
    const target = await agreed(config);
    assert.deepEqual(
      [target.hostName, target.port, target.user, target.hostKeyName],
      ['lab.example', 2200, 'them', '[lab.example]:2200'],
    );
    const explicit = await agreed(config, 'qemu+ssh://you@lab:22/system');
    assert.deepEqual([explicit.port, explicit.user], [22, 'you']);
    assert.deepEqual((await agreed('')).userKnownHostsFiles.length, 2);
  });

  it('puts in ~, tokens and variables', async () => {
    const target = await agreed(
      [
        'Host lab',
        '  HostName %h.example',
        '  IdentityFile ~/keys/%r@%h:%p',
        '  IdentityFile %d/%n',
        '  IdentityAgent ${SHELF}/%u',
        '  User them',
        '  UserKnownHostsFile ~/one /two',
      ].join('\n'),
    );
    assert.equal(target.hostName, 'lab.example');
    assert.deepEqual(target.identityFiles, [
      `${folder.home}/keys/them@lab.example:22`,
      `${folder.home}/lab`,
    ]);
    assert.equal(target.identityAgent, `/shelf/${userInfo().username}`);
  });

  it('follows Host, Match and Include, and takes the first value', async () => {
    folder.write('more/a.conf', 'Host lab\n  Port 1111\nHost other\n  Port 9\n');
    folder.write('more/b.conf', 'Port 2222\nCompression yes\n');
    const target = await agreed(
      [
        `Include ${folder.home}/more/*.conf`,
        'Host *.example,!lab',
        '  Port 3333',
        'Match originalhost lab user them',
        '  StrictHostKeyChecking yes',
        'Match host la?',
        '  HostKeyAlias Alias',
        'Match all',
        '  ConnectTimeout 1m30',
        'Host nowhere',
        `  Include ${folder.home}/more/b.conf`,
      ].join('\n'),
      'qemu+ssh://them@lab/system',
    );
    assert.deepEqual(
      [target.port, target.strictHostKeyChecking, target.hostKeyName, target.connectTimeoutMs],
      [1111, 'yes', 'alias', 90_000],
    );
    assert.equal(target.compression, true);
  });

  it('goes through other machines, each as its own configuration says', async () => {
    const config = [
      'Host lab',
      '  ProxyJump you@first:2201,second',
      'Host first',
      '  HostName first.example',
      '  ProxyJump zeroth',
      'Host second',
      '  User two',
      '  ProxyJump never',
    ].join('\n');
    const target = await agreed(config);
    const chain: string[] = [];
    for (let hop = target.jump; hop; hop = hop.jump) {
      chain.push(`${hop.user}@${hop.hostName}:${hop.port}`);
    }
    assert.equal(chain[0], 'two@second:22');
    assert.equal(chain[1], 'you@first.example:2201');
    assert.match(chain[2]!, /@zeroth:22$/);
    assert.equal(chain.length, 3);
  });

  it('a way that leads back to itself is refused', async () => {
    const configFile = folder.write('config', 'Host lab\n  ProxyJump lab\n');
    for (const sshProgram of ['ssh', noOpenSsh]) {
      await assert.rejects(
        resolveTarget(
          parseHostUri('qemu+ssh://lab/system'),
          folder.environment({ configFile, sshProgram }),
        ),
        (error) => error instanceof TransportError && error.kind === 'sshConfig',
      );
    }
  });

  it('algorithms are those of the configuration that we can do, changed as it says', async () => {
    const target = await agreed(
      'Ciphers aes256-ctr,3des-cbc,aes128-gcm@openssh.com\nKexAlgorithms ^ecdh-sha2-nistp521\nMACs -hmac-sha1,hmac-sha1-etm@openssh.com,*96*\nHostKeyAlgorithms rsa-sha2-512,ssh-ed25519\n',
    );
    assert.deepEqual(target.algorithms.ciphers, [
      'aes128-gcm@openssh.com',
      'aes256-ctr',
      '3des-cbc',
    ]);
    assert.equal(target.algorithms.kex?.[0], 'ecdh-sha2-nistp521');
    assert.equal(
      target.algorithms.macs?.some((name) => name.startsWith('hmac-sha1')),
      false,
    );
    assert.deepEqual(target.algorithms.hostKeys, ['rsa-sha2-512', 'ssh-ed25519']);
  });

  it('says what only OpenSSH can do', async () => {
    const reasons = async (config: string): Promise<string> =>
      (await agreed(config)).unsupported.join('\n');
    assert.equal(await reasons(''), '');
    assert.match(await reasons('PKCS11Provider /lib/x.so'), /smart card/);
    assert.match(await reasons('ProxyCommand nc %h %p | tee /tmp/x'), /needs a shell/);
    assert.equal(await reasons('ProxyCommand nc %h %p'), '');
    assert.match(await reasons('KexAlgorithms sntrup761x25519-sha512@openssh.com'), /kex/);
    folder.write('.ssh/own', 'x');
    folder.write('.ssh/own-cert.pub', 'x');
    assert.match(await reasons('IdentityFile ~/.ssh/own'), /certificate/);
    const [theirs, ours] = await both('Match exec "true"\n  Port 1\n', 'qemu+ssh://lab/system');
    assert.deepEqual([theirs.port, theirs.unsupported.length], [1, 0]);
    assert.match(ours.unsupported.join(' '), /Match exec/);
    assert.match((await agreed('LocalForward 1 x:2')).notes.join(' '), /LocalForward/);
  });

  it('a key or known_hosts file that the URI names is the only one', async () => {
    const target = await agreed(
      'IdentityFile /other\nIdentitiesOnly no\n',
      `qemu+ssh://lab/system?keyfile=/mine&known_hosts=/hosts`,
    );
    assert.deepEqual(target.identityFiles, ['/mine']);
    assert.equal(target.identitiesOnly, true);
    assert.deepEqual([target.userKnownHostsFiles, target.globalKnownHostsFiles], [['/hosts'], []]);
  });

  it('words that a program could take for an option, or a shell for a command, are refused', async () => {
    for (const uri of [
      'qemu+ssh://-oProxyCommand=x/system',
      'qemu+ssh://a%20b@lab/system',
      'qemu+ssh://$(x)@lab/system',
      'qemu+ssh://lab;x/system',
    ]) {
      await assert.rejects(
        resolveTarget(parseHostUri(uri), folder.environment()),
        (error) => error instanceof TransportError && error.kind === 'unsupported',
        uri,
      );
    }
  });

  it("OpenSSH's own words tell what is wrong with the configuration", async () => {
    const configFile = folder.write('config', 'Nonsense yes\n');
    await assert.rejects(
      resolveTarget(parseHostUri('qemu+ssh://lab/system'), folder.environment({ configFile })),
      (error) => {
        assert.ok(error instanceof TransportError && error.kind === 'sshConfig');
        assert.match(error.message, /line 1: Bad configuration option: nonsense/);
        return true;
      },
    );
  });

  it('lists the hosts to choose from, without patterns and services', async () => {
    folder.write('.ssh/more', 'Host included\n  User inc\n');
    folder.write(
      '.ssh/config',
      'Include more\nHost lab lab2 *.x !y\n  HostName %h.example\n  Port 2\nHost github.com\nHost *\n  User all\n',
    );
    assert.deepEqual(await listSshHosts(folder.environment()), [
      { name: 'included', hostName: undefined, user: 'inc', port: undefined },
      { name: 'lab', hostName: 'lab.example', user: 'all', port: 2 },
      { name: 'lab2', hostName: 'lab2.example', user: 'all', port: 2 },
    ]);
  });
});

/** What both readers can agree on: OpenSSH fills in defaults of its own, and the name of whoever runs it. */
function comparable(target: SshTarget): SshTarget {
  return {
    ...target,
    jump: target.jump && comparable(target.jump),
    hasOpenSsh: true,
    identityFiles: target.identityFiles.filter((file) => !/\/id_[a-z0-9_]+$/.test(file)),
    userKnownHostsFiles: [],
    globalKnownHostsFiles: [],
    algorithms: {
      ...target.algorithms,
      kex: [...(target.algorithms.kex ?? [])].sort(),
      macs: [...(target.algorithms.macs ?? [])].sort(),
      hostKeys: [...(target.algorithms.hostKeys ?? [])].sort(),
    },
  };
}
