import { createHash } from 'node:crypto';
import type { SshEnvironment } from './sshEnvironment.ts';

/** What the tokens of an SSH configuration stand for. */
export interface TokenValues {
  readonly alias: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | undefined;
  readonly jump: string;
}

/** Puts in what `%h` and the other tokens of a configuration stand for; unknown ones stay as they are. */
export function expandTokens(
  text: string,
  values: TokenValues,
  { home, uid, user, localHostName }: SshEnvironment,
): string {
  const { alias, hostName, port, jump } = values;
  const connection = `${localHostName}${hostName}${port}${values.user}${jump}`;
  const tokens: Readonly<Record<string, string | undefined>> = {
    '%': '%',
    d: home,
    h: hostName,
    i: uid === undefined ? undefined : String(uid),
    k: values.hostKeyAlias ?? alias,
    L: localHostName.replace(/\..*$/, ''),
    l: localHostName,
    n: alias,
    p: String(port),
    r: values.user,
    u: user,
    j: jump,
    C: createHash('sha1').update(connection).digest('hex'),
  };
  return text.replace(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole);
}

/** A path of a configuration: `~`, `${NAME}` and tokens put in. */
export function expandPath(path: string, values: TokenValues, environment: SshEnvironment): string {
  const { home, variables } = environment;
  const named = path
    .replace(/^"(.*)"$/, '$1')
    .replace(/^~(?=[\\/]|$)/, () => home)
    .replace(/\$\{([^}]+)\}/g, (whole, name: string) => variables[name] ?? whole);
  return expandTokens(named, values, environment);
}
