import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  fingerprintOf,
  judgeHostKey,
  keyTypeOf,
  knownHostsName,
  knownKeyTypes,
  parseKnownHosts,
} from '../../../../src/transport/ssh/knownHosts.ts';

const ed25519 = (): Buffer => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
  return Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 32]),
    raw,
  ]);
};
const rsa = Buffer.concat([
  Buffer.from([0, 0, 0, 7]),
  Buffer.from('ssh-rsa'),
  Buffer.from([0, 0, 0, 3, 1, 0, 1]),
]);
const line = (names: string, key: Buffer): string =>
  `${names} ${keyTypeOf(key)!} ${key.toString('base64')}`;
const types = ['ssh-ed25519', 'ssh-rsa'];
const judge = (text: string, name: string, key: Buffer, comparable = types) =>
  judgeHostKey(parseKnownHosts(text, 'file'), name, key, comparable);

describe('known_hosts', () => {
  const mine = ed25519();
  const other = ed25519();

  it('tells a known key from a changed one, and says where the old one stands', () => {
    const text = `# hosts\n\n${line('lab,10.0.0.1', mine)}\n`;
    assert.equal(judge(text, 'lab', mine).kind, 'known');
    assert.equal(judge(text, 'LAB', mine).kind, 'known');
    assert.equal(judge(text, '10.0.0.1', mine).kind, 'known');
    const verdict = judge(text, 'lab', other);
    assert.ok(verdict.kind === 'changed');
    assert.deepEqual(
      verdict.entries.map((entry) => [entry.file, entry.line]),
      [['file', 3]],
    );
  });

  it('a key of another type than the known ones is a change, if such a one was asked for', () => {
    const text = line('lab', rsa);
    assert.equal(judge(text, 'lab', mine).kind, 'changed');
    const verdict = judge(text, 'lab', mine, ['ssh-ed25519']);
    assert.ok(verdict.kind === 'unknown');
    assert.deepEqual(verdict.otherKeyTypes, ['ssh-rsa']);
  });

  it('a revoked key is refused, even where it is also known', () => {
    const text = `${line('lab', mine)}\n@revoked ${line('*', mine)}`;
    assert.equal(judge(text, 'lab', mine).kind, 'revoked');
    assert.equal(judge(text, 'lab', other).kind, 'changed');
  });

  it('what an authority may vouch for is unknown by itself', () => {
    const verdict = judge(`@cert-authority ${line('*.lab', other)}`, 'one.lab', mine);
    assert.ok(verdict.kind === 'unknown');
    assert.equal(verdict.hasAuthority, true);
    // An authority's key is no host's key
    assert.equal(judge(`@cert-authority ${line('*', mine)}`, 'lab', mine).kind, 'unknown');
  });

  it('a port of its own has keys of its own, but a known machine is known by another port too', () => {
    assert.equal(knownHostsName('Lab', 22), 'lab');
    assert.equal(knownHostsName('lab', 2222), '[lab]:2222');
    assert.equal(judge(line('[lab]:2222', mine), '[lab]:2222', mine).kind, 'known');
    assert.equal(judge(line('[lab]:2222', mine), 'lab', mine).kind, 'unknown');
    assert.equal(judge(line('lab', mine), '[lab]:2222', mine).kind, 'known');
    assert.equal(judge(line('lab', mine), '[lab]:2222', other).kind, 'unknown');
  });

  it('wildcards and exceptions', () => {
    const text = line('*.lab,!bad.lab', mine);
    assert.equal(judge(text, 'one.lab', mine).kind, 'known');
    assert.equal(judge(text, 'bad.lab', mine).kind, 'unknown');
    assert.equal(judge(line('lab?', mine), 'lab1', mine).kind, 'known');
  });

  it('passes over lines it cannot read', () => {
    const wrong = [
      'lab',
      'lab ssh-ed25519',
      'lab ssh-ed25519 !!!',
      line('lab', mine).replace('ssh-ed25519', 'ssh-rsa'),
      `@unheard-of ${line('lab', mine)}`,
      'lab 1024 65537 123456',
    ];
    assert.deepEqual(parseKnownHosts(wrong.join('\n'), 'f'), []);
  });

  it('knows the types to ask for first, and fingerprints as OpenSSH prints them', () => {
    const entries = parseKnownHosts(`${line('lab', rsa)}\n@revoked ${line('lab', mine)}`, 'f');
    assert.deepEqual([...knownKeyTypes(entries, 'lab')], ['ssh-rsa']);
    assert.match(fingerprintOf(mine), /^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});
