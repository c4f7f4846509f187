import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { TransportError } from '../../../../src/libvirt/errors.ts';
import { explainEnd } from '../../../../src/transport/openssh/explainEnd.ts';
import { SshLog } from '../../../../src/transport/openssh/sshLog.ts';

const folder = path.resolve(import.meta.dirname, '../../../fixtures/openssh');
const target = {
  alias: 'alpha',
  hostName: '127.0.0.1',
  port: 2222,
  user: 'me',
  hostKeyName: '[127.0.0.1]:2222',
  userKnownHostsFiles: ['/home/me/.ssh/known_hosts'],
  jump: undefined,
};

function read(text: string): { log: SshLog; steps: string[] } {
  const steps: string[] = [];
  const log = new SshLog((step, detail) => steps.push(`${step}: ${detail}`));
  // As it comes from a pipe: in pieces that end anywhere
  for (let at = 0; at < text.length; at += 17) {
    log.add(text.slice(at, at + 17));
  }
  return { log, steps };
}

/** What OpenSSH 9.2 said in that case. */
function recorded(name: string): string {
  return readFileSync(path.join(folder, `${name}.txt`), 'utf8');
}

function explain(text: string): Promise<TransportError> {
  return explainEnd(read(text).log, target);
}

describe('what OpenSSH said', () => {
  it('tells each step, and when it is in', () => {
    const { log, steps } = read(recorded('ok'));
    assert.deepEqual(steps, [
      'connect: 127.0.0.1:2222',
      'hostKey: ssh-ed25519 SHA256:ovETQkfbrpcfK3j5NaHttF4qXpBiU/ALc/gVy2CjZ9w',
      'login: key /home/me/.ssh/mine SHA256:PKtFajskAISe+ZEsAWSD+n3LpvAZZ9TsLed6IdjifuU',
    ]);
    assert.ok(log.isReady);
    assert.deepEqual(log.words, []);
  });

  it('a changed host key: both fingerprints, and the place of the old one', async () => {
    const error = await explain(recorded('changed'));
    assert.equal(error.kind, 'hostKeyChanged');
    assert.ok(error.failure?.about === 'hostKey');
    assert.equal(error.failure.fingerprint, 'SHA256:ovETQkfbrpcfK3j5NaHttF4qXpBiU/ALc/gVy2CjZ9w');
    assert.deepEqual(
      error.failure.known.map(({ file, line }) => [file, line]),
      [['/home/me/.ssh/kh', 1]],
    );
  });

  it('an unknown and a revoked host key', async () => {
    assert.equal((await explain(recorded('unknown'))).kind, 'hostKeyUnknown');
    assert.equal((await explain(recorded('revoked'))).kind, 'hostKeyRevoked');
  });

  it('who was not let in, and what was tried', async () => {
    const denied = await explain(recorded('denied'));
    assert.equal(denied.kind, 'login');
    assert.ok(denied.failure?.about === 'login');
    assert.deepEqual(denied.failure.tried, [
      'key /home/me/.ssh/bad SHA256:UChBov83jH6cMIGqxrg/H6KW0SatgRts4EyEikbT4x0: refused',
    ]);
    assert.equal(denied.failure.wants, undefined);

    const encrypted = await explain(recorded('encrypted'));
    assert.ok(encrypted.failure?.about === 'login');
    assert.equal(encrypted.failure.wants, 'passphrase');

    const rights = await explain(recorded('rights'));
    assert.match(rights.message, /mine: not used, bad permissions/);
  });

  it('that too many keys were tried, and what else the server takes', async () => {
    const offered = 'debug1: Authentications that can continue: publickey,password\n';
    const many = await explain(
      `${offered}Received disconnect from 127.0.0.1 port 2222:2: Too many authentication failures\n`,
    );
    assert.ok(many.failure?.about === 'login' && many.failure.tooMany);
    const denied = await explain(`${offered}me@alpha: Permission denied (publickey,password).\n`);
    assert.ok(denied.failure?.about === 'login');
    assert.equal(denied.failure.wants, 'password');
  });

  it('why there is no way', async () => {
    for (const [text, kind] of [
      [recorded('noname'), 'unreachable'],
      ['ssh: connect to host a port 22: Connection refused\n', 'unreachable'],
      ['ssh: connect to host a port 22: Connection timed out\n', 'timeout'],
      ['ssh: connect to host a port 22: No route to host\n', 'unreachable'],
      ['Connection timed out during banner exchange\n', 'timeout'],
      ['Unable to negotiate with 1.2.3.4 port 22: no matching cipher found\n', 'unsupported'],
      ['/x/config: line 1: Bad configuration option: foo\n', 'sshConfig'],
      ['kex_exchange_identification: read: Connection reset by peer\n', 'unreachable'],
      ['', 'unreachable'],
    ] as const) {
      assert.equal((await explain(text)).kind, kind, text);
    }
  });

  it('of a machine on the way that it was that one', async () => {
    const refused = 'me@bastion: Permission denied (publickey,password).\n';
    for (const [text, message] of [
      [refused, 'bastion (on the way to alpha) did not let me in. It takes: publickey, password.'],
      [
        'Received disconnect from 192.0.2.7 port 22:2: Too many authentication failures\n',
        'A machine (on the way to alpha) hung up since too many keys were tried (MaxAuthTries).',
      ],
      [
        'ssh: connect to host bastion port 22: Connection refused\n',
        'bastion:22 (on the way to alpha) refuses connections: no SSH server listens there.',
      ],
      ['ssh: Could not resolve hostname bastion: Name or service not known\n', 'The name bastion'],
      ['Host key verification failed.\n', 'A machine (on the way to alpha): nobody vouched'],
      [
        'No ED25519 host key is known for bastion and you have requested strict checking.\n' +
          'Host key verification failed.\n',
        'bastion (on the way to alpha): nobody vouched',
      ],
      [
        recorded('changed').replaceAll('[127.0.0.1]:2222', 'bastion'),
        'bastion (on the way to alpha) showed another host key than before',
      ],
      [
        recorded('revoked').replaceAll('[127.0.0.1]:2222', 'bastion'),
        'bastion (on the way to alpha) showed a host key that known_hosts marks as revoked',
      ],
      // What the target itself refuses, once one came to it
      ['channel 0: open failed: connect failed: Connection refused\n', 'alpha (127.0.0.1:2222)'],
    ] as const) {
      const error = await explain(text);
      assert.equal(error.message.slice(0, message.length), message);
    }
  });

  it('an end after it was in is the end of a connection, however it reads', async () => {
    const silent = `${recorded('ok')}Timeout, server 127.0.0.1 not responding.\r\n`;
    assert.equal((await explain(silent)).kind, 'timeout');
    assert.equal((await explain(`${recorded('ok')}Connection to a closed.\n`)).kind, 'closed');
    assert.equal((await explain(recorded('ok'))).kind, 'closed');
    const closed = `${recorded('ok')}channel 1: open failed: connect failed: open failed\n`;
    assert.equal((await explain(closed)).kind, 'forbidden');
  });

  it('is not taken in by what the far end prints once we are in', () => {
    const { log } = read(
      `${recorded('ok')}debug1: Server host key: ssh-rsa SHA256:forged\nAuthenticated to x using "none".\n`,
    );
    assert.equal(log.hostKey?.type, 'ssh-ed25519');
    assert.equal(log.method, 'publickey');
  });
});
