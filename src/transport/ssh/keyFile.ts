import { readFile, stat } from 'node:fs/promises';
import { openKey, openLockedKey, type OpenKey } from './openKey.ts';

/** A key file as it lies there. */
export interface KeyFile {
  readonly path: string;
  /** In SSH's own encoding; undefined if it shows only with the passphrase. */
  readonly publicKey: Buffer | undefined;
  /** The private key; undefined if it needs a passphrase. */
  readonly key: OpenKey | undefined;
  /** @returns undefined if the passphrase is wrong */
  unlock(passphrase: string): Promise<OpenKey | undefined>;
}

/** Why a key file is passed over, in a few words. */
export interface UnusableKeyFile {
  readonly path: string;
  readonly problem: string;
}

/**
 * Looks at a key file. A private key that others may read is not used, as OpenSSH does not.
 * @returns undefined if there is none
 */
export async function readKeyFile(path: string): Promise<KeyFile | UnusableKeyFile | undefined> {
  let text: string;
  try {
    const { mode, uid } = await stat(path);
    if (process.getuid?.() === uid && (mode & 0o077) !== 0) {
      const rights = (mode & 0o777).toString(8).padStart(4, '0');
      return { path, problem: `others may read it (rights ${rights}); chmod 600 it` };
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return undefined;
    }
    return { path, problem: code === 'EACCES' ? 'you may not read it' : 'it cannot be read' };
  }
  const unlock = (passphrase: string): Promise<OpenKey | undefined> =>
    openLockedKey(text, passphrase);
  if (!looksEncrypted(text)) {
    const key = openKey(text);
    return key
      ? { path, publicKey: key.publicKey, key, unlock }
      : { path, problem: 'it holds no private key of a type that can be used' };
  }
  const publicKey = publicOfOpenSsh(text) ?? (await readPublicFile(`${path}.pub`));
  return { path, publicKey, key: undefined, unlock };
}

/** The public key of a `.pub` file; undefined if there is none. */
export async function readPublicFile(path: string): Promise<Buffer | undefined> {
  try {
    const [, encoded = ''] = (await readFile(path, 'utf8')).trim().split(/\s+/);
    const key = Buffer.from(encoded, 'base64');
    return key.length > 0 ? key : undefined;
  } catch {
    return undefined;
  }
}

function looksEncrypted(text: string): boolean {
  if (text.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) {
    return openSshParts(text)?.cipher !== 'none';
  }
  return (
    text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') ||
    /^Proc-Type: 4,ENCRYPTED/m.test(text) ||
    /^Encryption: (?!none)/m.test(text)
  );
}

/** OpenSSH's own format shows the public key in the clear. */
function publicOfOpenSsh(text: string): Buffer | undefined {
  return openSshParts(text)?.publicKey;
}

function openSshParts(
  text: string,
): { readonly cipher: string; readonly publicKey: Buffer } | undefined {
  const [, encoded] =
    /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(text) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) {
    return undefined;
  }
  let at = magic.length;
  const next = (): Buffer => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    const part = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return part;
  };
  const cipher = next().toString('latin1');
  next(); // how the passphrase becomes a key
  next(); // its options
  at += 4; // the number of keys, always 1
  return { cipher, publicKey: next() };
}
