/** The editor's storage for secrets; `vscode.SecretStorage` is one. */
export interface SecretStore {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** What a secret opens. */
export type SecretPurpose =
  | { readonly kind: 'passphrase'; readonly keyFile: string }
  | { readonly kind: 'password'; readonly user: string; readonly host: string };

/** The storage cannot list what it holds: the keys of ours are kept under this one. */
const indexKey = 'ssh:index';

/** Passphrases and passwords that people asked us to keep, in the editor's storage for secrets and nowhere else. */
export class KeptSecrets {
  readonly #store: SecretStore;
  /** Changes follow each other: each starts from the index that the one before wrote. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: SecretStore) {
    this.#store = store;
  }

  async get(purpose: SecretPurpose): Promise<string | undefined> {
    return this.#store.get(keyOf(purpose));
  }

  async keep(purpose: SecretPurpose, secret: string): Promise<void> {
    await this.#change(async (keys) => {
      const key = keyOf(purpose);
      await this.#store.store(key, secret);
      return [...new Set([...keys, key])];
    });
  }

  /** Forgets one that turned out to be wrong. */
  async forget(purpose: SecretPurpose): Promise<void> {
    await this.#change(async (keys) => {
      const key = keyOf(purpose);
      await this.#store.delete(key);
      return keys.filter((kept) => kept !== key);
    });
  }

  /** @returns how many there were */
  async forgetAll(): Promise<number> {
    let count = 0;
    await this.#change(async (keys) => {
      for (const key of keys) {
        await this.#store.delete(key);
      }
      count = keys.length;
      return [];
    });
    return count;
  }

  async #change(change: (keys: readonly string[]) => Promise<readonly string[]>): Promise<void> {
    const changed = this.#last.then(async () => {
      const keys = readIndex(await this.#store.get(indexKey));
      await this.#store.store(indexKey, JSON.stringify(await change(keys)));
    });
    this.#last = changed.catch(() => undefined);
    await changed;
  }
}

function keyOf(purpose: SecretPurpose): string {
  return purpose.kind === 'passphrase'
    ? `ssh:passphrase:${purpose.keyFile}`
    : `ssh:password:${purpose.user}@${purpose.host}`;
}

function readIndex(text: string | undefined): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? '[]');
  } catch {
    return []; // not ours any more
  }
  return Array.isArray(parsed) ? parsed.filter((key) => typeof key === 'string') : [];
}
