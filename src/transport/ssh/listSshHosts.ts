import { expandTokens } from './expandTokens.ts';
import { readSshConfig } from './readSshConfig.ts';
import type { SshEnvironment } from './sshEnvironment.ts';

/** A host that the user's SSH configuration names. */
export interface SshHostName {
  /** What a URI or `ssh` would name it by. */
  readonly name: string;
  /** Where it leads, if the configuration says another place than the name. */
  readonly hostName: string | undefined;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

/** Names of services rather than of machines, which many have in their configuration. */
const notMachines =
  /^(git(hub|lab)?\.|.*\bgit(hub|lab)\b|bitbucket\.org|ssh\.dev\.azure\.com|vs-ssh\.)/i;

/**
 * The hosts that `Host` lines name, without patterns, in the order of the files. Nothing is run or connected for it.
 * @throws TransportError of kind `sshConfig` for a file that cannot be read
 */
export async function listSshHosts(environment: SshEnvironment): Promise<readonly SshHostName[]> {
  const nobody = { alias: '', user: undefined, port: undefined };
  const { names } = await readSshConfig(nobody, environment);
  const unique = [...new Set(names)].filter((name) => !notMachines.test(name));
  return Promise.all(
    unique.map(async (name) => {
      const { settings } = await readSshConfig({ ...nobody, alias: name }, environment);
      const user = settings.get('user')?.[0];
      const port = Number(settings.get('port')?.[0] ?? 22);
      const values = {
        alias: name,
        hostName: name,
        port,
        user: user ?? environment.user,
        hostKeyAlias: undefined,
        jump: '',
      };
      const hostName = expandTokens(settings.get('hostname')?.[0] ?? name, values, environment);
      return {
        name,
        hostName: hostName === name ? undefined : hostName,
        user,
        port: port === 22 ? undefined : port,
      };
    }),
  );
}
