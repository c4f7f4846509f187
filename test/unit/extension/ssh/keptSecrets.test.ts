import assert from 'node:assert/strict';
import { KeptSecrets, type SecretStore } from '../../../../src/extension/ssh/keptSecrets.ts';

function createStore(): SecretStore & { readonly held: Map<string, string> } {
  const held = new Map<string, string>();
  return {
    held,
    get: (key) => Promise.resolve(held.get(key)),
    store: (key, value) => {
      held.set(key, value);
      return Promise.resolve();
    },
    delete: (key) => {
      held.delete(key);
      return Promise.resolve();
    },
  };
}

const passphrase = { kind: 'passphrase', keyFile: '/home/ada/.ssh/id_ed25519' } as const;
const password = { kind: 'password', user: 'ada', host: 'lab-1' } as const;

describe('kept secrets', () => {
  it('are found again by what they open, in another window too', async () => {
    const store = createStore();
    await new KeptSecrets(store).keep(passphrase, 'correct horse');
    const other = new KeptSecrets(store);
    assert.equal(await other.get(passphrase), 'correct horse');
    assert.equal(await other.get({ ...passphrase, keyFile: '/other' }), undefined);
    assert.equal(await other.get(password), undefined);
  });

  it('are forgotten one by one or all at once, also those kept at the same time', async () => {
    const store = createStore();
    const kept = new KeptSecrets(store);
    await Promise.all([kept.keep(passphrase, 'a'), kept.keep(password, 'b')]);
    await kept.forget(passphrase);
    assert.equal(await kept.get(passphrase), undefined);
    assert.equal(await kept.get(password), 'b');
    await kept.keep(passphrase, 'c');
    assert.equal(await kept.forgetAll(), 2);
    assert.deepEqual([...store.held.values()], ['[]']);
  });

  it('survive an index that somebody broke', async () => {
    const store = createStore();
    store.held.set('ssh:index', '{');
    const kept = new KeptSecrets(store);
    await kept.keep(password, 'b');
    assert.equal(await kept.forgetAll(), 1);
  });
});
