import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TransportError } from '../../../../src/libvirt/errors.ts';
import { parseHostUri } from '../../../../src/libvirt/uri.ts';
import { HostKeyCheck } from '../../../../src/transport/ssh/hostKeyCheck.ts';
import { keyTypeOf, knownHostsLine } from '../../../../src/transport/ssh/knownHosts.ts';
import { resolveTarget } from '../../../../src/transport/ssh/resolveTarget.ts';
import type { SshPrompts } from '../../../../src/transport/ssh/sshPrompts.ts';
import { SshFolder } from './sshFolder.ts';

function key(type: string, filling: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.alloc(36, filling)]);
}

describe('the check of a host key', () => {
  const mine = key('ssh-ed25519', 1);
  const other = key('ssh-ed25519', 2);
  let folder: SshFolder;
  let asked: number;
  beforeEach(() => {
    folder = new SshFolder();
    asked = 0;
  });
  afterEach(() => {
    folder.dispose();
  });

  async function check(config: string, known = ''): Promise<HostKeyCheck> {
    const file = join(folder.home, 'known_hosts');
    if (known !== '') {
      folder.write('known_hosts', known);
    }
    const configFile = folder.write(
      'config',
      `${config}\nUserKnownHostsFile ${file}\nGlobalKnownHostsFile none\n`,
    );
    return HostKeyCheck.prepare(
      await resolveTarget(
        parseHostUri('qemu+ssh://lab/system'),
        folder.environment({ configFile }),
      ),
    );
  }

  const prompts = (answer: boolean): SshPrompts => ({
    passphrase: () => Promise.resolve(undefined),
    password: () => Promise.resolve(undefined),
    answers: () => Promise.resolve(undefined),
    confirmHostKey: () => {
      asked++;
      return Promise.resolve(answer);
    },
    agentIsWaiting: () => undefined,
  });
  const never = new AbortController().signal;
  const written = (): string => readFileSync(join(folder.home, 'known_hosts'), 'utf8');

  async function refuses(checked: HostKeyCheck, kind: TransportError['kind'], shown = mine) {
    await assert.rejects(
      checked.verify(shown, prompts(true), never),
      (error) => error instanceof TransportError && error.kind === kind,
    );
  }

  it('asks, unless the configuration has decided', async () => {
    assert.match(await (await check('')).verify(mine, prompts(true), never), /now known$/);
    assert.equal(asked, 1);
    assert.equal(written(), knownHostsLine('lab', mine, { hashed: false }));
    await refuses(await check('StrictHostKeyChecking yes\nHostKeyAlias new'), 'hostKeyUnknown');
    assert.equal(asked, 1);
    await (
      await check('StrictHostKeyChecking accept-new\nHostKeyAlias newer\nHashKnownHosts yes')
    ).verify(mine, prompts(false), never);
    assert.equal(asked, 1);
    assert.match(written().split('\n')[1]!, /^\|1\|/);
  });

  it('a changed key is refused even where the configuration checks nothing', async () => {
    const checked = await check(
      'StrictHostKeyChecking no',
      knownHostsLine('lab', other, { hashed: true }),
    );
    await refuses(checked, 'hostKeyChanged');
    assert.equal(asked, 0);
    assert.match(await checked.verify(other, undefined, never), /^ssh-ed25519 SHA256:/);
  });

  it('an entry that an editor left without a line end is not spoilt', async () => {
    const line = knownHostsLine('elsewhere', other, { hashed: false }).trimEnd();
    await (await check('', line)).verify(mine, prompts(true), never);
    assert.equal(written(), `${line}\n${knownHostsLine('lab', mine, { hashed: false })}`);
  });

  it('asks the server for a key of a known type first', async () => {
    const rsa = key('ssh-rsa', 3);
    assert.equal(keyTypeOf(rsa), 'ssh-rsa');
    const checked = await check('', knownHostsLine('lab', rsa, { hashed: false }));
    assert.deepEqual(checked.algorithms.slice(0, 3), [
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
    ]);
    await refuses(checked, 'hostKeyChanged');
  });
});
