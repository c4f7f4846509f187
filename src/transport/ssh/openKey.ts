import { createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import ssh2, { type ParsedKey } from 'ssh2';

/** A private key that can sign. */
export interface OpenKey {
  /** In SSH's own encoding. */
  readonly publicKey: Buffer;
  /** @param hash undefined is the one that belongs to keys of its type @throws Error if it cannot */
  sign(data: Buffer, hash: string | undefined): Buffer;
}

/** What a key is made of, as threads can hand it to one another. */
interface KeyMaterial {
  readonly keyType: string;
  readonly publicKey: Uint8Array;
  readonly pem: string;
}

/** What a thread of its own is to do. */
interface LockedKey {
  readonly text: string;
  readonly passphrase: string;
}

/** Keys of other types have none: what is signed is not hashed before. */
const hashes: Readonly<Record<string, string>> = {
  'ssh-rsa': 'sha1',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

/** @param text of a key file without a passphrase @returns undefined if it is none that can be used */
export function openKey(text: string): OpenKey | undefined {
  const material = readKey(text, undefined);
  return material && toOpenKey(material);
}

/**
 * The key of a file with a passphrase. To make a key of a passphrase takes about a second, on purpose, and is done by a
 * thread of its own.
 * @returns undefined if the passphrase is wrong
 */
export async function openLockedKey(
  text: string,
  passphrase: string,
): Promise<OpenKey | undefined> {
  const work: { readonly lockedKey: LockedKey } = { lockedKey: { text, passphrase } };
  const worker = new Worker(import.meta.filename, { workerData: work });
  try {
    const [material] = (await once(worker, 'message')) as [KeyMaterial | undefined];
    return material && toOpenKey(material);
  } finally {
    await worker.terminate();
  }
}

function toOpenKey({ keyType, publicKey, pem }: KeyMaterial): OpenKey {
  return {
    publicKey: Buffer.from(publicKey),
    sign: (data, hash) => sign(hash ?? hashes[keyType], data, pem),
  };
}

function readKey(text: string, passphrase: string | undefined): KeyMaterial | undefined {
  const parsed = ssh2.utils.parseKey(fromPkcs8(text, passphrase) ?? text, passphrase);
  const key = Array.isArray(parsed) ? (parsed as readonly ParsedKey[])[0] : parsed;
  return key === undefined || key instanceof Error || !key.isPrivateKey()
    ? undefined
    : { keyType: key.type, publicKey: key.getPublicSSH(), pem: key.getPrivatePEM() };
}

/** ssh2 does not know PKCS#8, which `ssh-keygen -m PKCS8` and openssl write. */
function fromPkcs8(text: string, passphrase: string | undefined): string | undefined {
  if (!/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text)) {
    return undefined;
  }
  try {
    const key = createPrivateKey({
      key: text,
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    switch (key.asymmetricKeyType) {
      case 'rsa':
        return key.export({ format: 'pem', type: 'pkcs1' }).toString();
      case 'ec':
        return key.export({ format: 'pem', type: 'sec1' }).toString();
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

/** This file is the thread's program, too: as a part of the product it lies in one file with all that it needs. */
const work = workerData as { readonly lockedKey?: LockedKey } | null | undefined;
if (!isMainThread && work?.lockedKey) {
  parentPort?.postMessage(readKey(work.lockedKey.text, work.lockedKey.passphrase));
}
