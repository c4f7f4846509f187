import * as fs from 'node:fs';
import * as path from 'node:path';

import { mustRun } from '../command.ts';

/** A key pair on disk. */
export interface SshKey {
  /** The private key's file; the public one is beside it, with `.pub`. */
  readonly file: string;
  /** The public key as `authorized_keys` and `known_hosts` have it: type and base64, without a comment. */
  readonly publicKey: string;
}

/** What kind of key to make. */
export interface KeyOptions {
  readonly type?: 'ed25519' | 'ecdsa' | 'rsa' | 'ed25519-sk';
  /** The library that speaks to the security key of an `-sk` key. */
  readonly securityKeyProvider?: string;
  readonly passphrase?: string;
  readonly comment?: string;
  /** OpenSSH's own format unless it is one of the old ones. */
  readonly format?: 'PEM' | 'PKCS8';
}

/** Makes a key pair with ssh-keygen. */
export async function makeKey(file: string, options: KeyOptions = {}): Promise<SshKey> {
  const { type = 'ed25519', passphrase = '', comment = path.basename(file), format } = options;
  const { securityKeyProvider } = options;
  await mustRun([
    ...['ssh-keygen', '-q', '-t', type, '-N', passphrase, '-C', comment, '-f', file],
    ...(type === 'rsa' ? ['-b', '2048'] : []),
    ...(format === undefined ? [] : ['-m', format]),
    ...(securityKeyProvider === undefined ? [] : ['-w', securityKeyProvider]),
  ]);
  const [name, base64] = fs.readFileSync(`${file}.pub`, 'utf8').split(' ');
  return { file, publicKey: `${name!} ${base64!.trim()}` };
}

/** What a certificate says. */
export interface CertificateOptions {
  /** A host's certificate rather than a user's. */
  readonly isHost?: boolean;
  /** Who may use it: user names, or host names. */
  readonly principals: readonly string[];
  /** As ssh-keygen has it, such as `+1h` or `-2h:-1h`. */
  readonly validity?: string;
}

/** Has an authority sign a key, and returns the certificate's file, which lies beside the key. */
export async function signKey(
  authority: SshKey,
  key: SshKey,
  { isHost = false, principals, validity = '+1h' }: CertificateOptions,
): Promise<string> {
  await mustRun([
    ...['ssh-keygen', '-q', '-s', authority.file, '-I', path.basename(key.file)],
    ...(isHost ? ['-h'] : []),
    ...['-n', principals.join(','), '-V', validity, `${key.file}.pub`],
  ]);
  return `${key.file}-cert.pub`;
}
