import { existsSync, readdirSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';

/** What of this machine and its user decides how hosts are reached over SSH. */
export interface SshEnvironment {
  readonly home: string;
  readonly user: string;
  readonly uid: number | undefined;
  readonly localHostName: string;
  readonly platform: NodeJS.Platform;
  /** Used for `${NAME}` in the configuration, and given to programs. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** OpenSSH's client; a name is looked for in `PATH`. */
  readonly sshProgram: string;
  /** Instead of the user's and the system's configuration (`ssh -F`). */
  readonly configFile: string | undefined;
  readonly systemConfigFile: string;
  /** The agent, unless the configuration names another. */
  readonly agent: string | undefined;
  /** A private key that the service manager handed over, of a headless program. */
  readonly credentialKeyFile: string | undefined;
}

/** The name of the systemd credential that holds a private key. */
const keyCredential = 'vm-deck-ssh-key';

/** The environment of this process. */
export function processSshEnvironment(): SshEnvironment {
  const { platform, env: variables } = process;
  const credentials = variables['CREDENTIALS_DIRECTORY'];
  const key = credentials === undefined ? undefined : join(credentials, keyCredential);
  return {
    home: homedir(),
    user: userInfo().username,
    uid: process.getuid?.(),
    localHostName: hostname(),
    platform,
    variables,
    sshProgram: 'ssh',
    configFile: undefined,
    systemConfigFile:
      platform === 'win32'
        ? `${variables['ProgramData'] ?? 'C:\\ProgramData'}\\ssh\\ssh_config`
        : '/etc/ssh/ssh_config',
    agent: variables['SSH_AUTH_SOCK'] ?? (platform === 'win32' ? windowsAgent() : undefined),
    credentialKeyFile: key !== undefined && existsSync(key) ? key : undefined,
  };
}

/** Windows' own agent, or else the pipe of Pageant, whose name ends in a hash of its own. */
function windowsAgent(): string | undefined {
  const folder = '\\\\.\\pipe\\';
  let pipes: readonly string[];
  try {
    pipes = readdirSync(folder);
  } catch {
    return undefined;
  }
  const name =
    pipes.find((pipe) => pipe === 'openssh-ssh-agent') ??
    pipes.find((pipe) => pipe.startsWith('pageant.'));
  return name === undefined ? undefined : folder + name;
}
