import * as fs from 'node:fs';
import * as path from 'node:path';
import { mustRun, withVariables } from '../command.ts';
import { makeKey } from './keys.ts';

/** A smart card in software, as PKCS#11 has it, with one key on it. */
export interface SmartCard {
  /** For `PKCS11Provider`. */
  readonly provider: string;
  /** What a program needs in its environment to find it. */
  readonly variables: Readonly<Record<string, string>>;
  readonly label: string;
  readonly pin: string;
  /** As `authorized_keys` has it. */
  readonly publicKey: string;
}

const provider = '/usr/lib/softhsm/libsofthsm2.so';

export async function makeSmartCard(folder: string): Promise<SmartCard> {
  const tokens = path.join(folder, 'tokens');
  fs.mkdirSync(tokens, { recursive: true });
  const config = path.join(folder, 'softhsm2.conf');
  fs.writeFileSync(config, `directories.tokendir = ${tokens}\nobjectstore.backend = file\n`);
  const variables = { SOFTHSM2_CONF: config };
  const [label, pin] = ['card', '471108'];
  const key = await makeKey(path.join(folder, 'key'), { type: 'rsa', format: 'PKCS8' });
  const token = ['--token', label, '--pin', pin];
  for (const words of [
    ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', '08154711'],
    ['--import', key.file, ...token, '--label', 'key', '--id', '01'],
  ]) {
    await mustRun([...withVariables(variables), 'softhsm2-util', ...words]);
  }
  // The private half is on the card only
  fs.rmSync(key.file);
  return { provider, variables, label, pin, publicKey: key.publicKey };
}
