import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readKeyFile, type KeyFile } from '../../../../src/transport/ssh/keyFile.ts';
import ssh2, { type ParsedKey } from 'ssh2';
import { SshFolder } from './sshFolder.ts';

describe('a key file', function () {
  this.timeout(30_000);
  let folder: SshFolder;
  before(() => {
    folder = new SshFolder();
  });
  after(() => {
    folder.dispose();
  });

  function make(name: string, ...options: readonly string[]): string {
    const file = join(folder.home, name);
    execFileSync('ssh-keygen', ['-q', '-a', '1', '-f', file, '-C', '', ...options]);
    return file;
  }

  async function read(file: string): Promise<KeyFile> {
    const key = await readKeyFile(file);
    assert.ok(key && 'unlock' in key, JSON.stringify(key));
    return key;
  }

  const publicOf = (file: string): string =>
    readFileSync(`${file}.pub`, 'utf8').split(' ')[1]!.trim();

  for (const [type, ...more] of [
    ['ed25519'],
    ['rsa', '-b', '2048'],
    ['ecdsa', '-b', '384'],
    ['rsa', '-b', '2048', '-m', 'PEM'],
    ['ecdsa', '-m', 'PEM'],
    ['rsa', '-b', '2048', '-m', 'PKCS8'],
    ['ecdsa', '-m', 'PKCS8'],
  ] as const) {
    it(`${[type, ...more].join(' ')}, with a passphrase and without`, async () => {
      const name = [type, ...more].join('');
      const plain = make(name, '-t', type, ...more, '-N', '');
      const open = await read(plain);
      assert.ok(open.key);
      assert.equal(open.publicKey?.toString('base64'), publicOf(plain));
      const locked = make(`${name}-locked`, '-t', type, ...more, '-N', 'a b c');
      const key = await read(locked);
      assert.equal(key.key, undefined);
      assert.equal(key.publicKey?.toString('base64'), publicOf(locked));
      assert.equal(await key.unlock('wrong'), undefined);
      assert.equal(await key.unlock(''), undefined);
      const opened = await key.unlock('a b c');
      assert.equal(opened?.publicKey.toString('base64'), publicOf(locked));
      const data = Buffer.from('x');
      for (const [each, file] of [
        [open.key, plain],
        [opened, locked],
      ] as const) {
        const publicKey = ssh2.utils.parseKey(readFileSync(`${file}.pub`)) as ParsedKey;
        assert.equal(publicKey.verify(data, each.sign(data, undefined)), true);
      }
    });
  }

  it('holds nothing up while its passphrase is made a key', async () => {
    const file = join(folder.home, 'slow');
    execFileSync('ssh-keygen', ['-q', '-a', '40', '-t', 'ed25519', '-f', file, '-N', 'x']);
    const key = await read(file);
    const loop = monitorEventLoopDelay({ resolution: 5 });
    loop.enable();
    const startedAt = performance.now();
    assert.ok(await key.unlock('x'));
    const tookMs = performance.now() - startedAt;
    loop.disable();
    assert.ok(loop.max / 1e6 < tookMs / 3, `held up ${loop.max / 1e6} ms of ${tookMs}`);
  });

  it('tells its public half without the passphrase, or not at all', async () => {
    const modern = make('modern', '-t', 'ed25519', '-N', 'x');
    const expected = publicOf(modern);
    rmSync(`${modern}.pub`);
    assert.equal((await read(modern)).publicKey?.toString('base64'), expected);
    const old = make('old', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'a b c');
    rmSync(`${old}.pub`);
    assert.equal((await read(old)).publicKey, undefined);
  });

  it('is passed over if others may read it, or it is none', async () => {
    const file = make('open', '-t', 'ed25519', '-N', '');
    chmodSync(file, 0o640);
    const found = await readKeyFile(file);
    assert.ok(found && 'problem' in found);
    assert.match(found.problem, /0640/);
    assert.equal(await readKeyFile(join(folder.home, 'nothing')), undefined);
    const text = await readKeyFile(folder.write('text', 'hello'));
    assert.ok(text && 'problem' in text);
  });
});
