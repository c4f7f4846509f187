import { TransportError } from '../../libvirt/errors.ts';
import type { SshTarget } from '../ssh/sshTarget.ts';

export interface SshArgumentOptions {
  /** Where the connection that others share has its socket; undefined where none can be shared. */
  readonly controlPath: string | undefined;
  /** `holder` opens the connection and keeps it, `guest` is one of those who share it. */
  readonly role: 'holder' | 'guest';
  /** A key besides those of the configuration. */
  readonly keyFile?: string | undefined;
  /** Nobody is to be asked anything. */
  readonly isBatch: boolean;
  /** Read by the shell of the far end. */
  readonly command: string;
}

/** Seconds; a peer that is silent for one more than their product is dead. */
const aliveIntervalS = 1;
const aliveCountMax = 3;
const connectTimeoutS = 10;

/**
 * The words after `ssh`. The user's configuration decides all that does not have to be ours: nothing of it is to open
 * forwards, run commands or ask for a terminal for a connection that nobody sees.
 * @throws TransportError of kind `sshConfig` for a name that OpenSSH, or a shell it starts, could read as something else
 */
export function sshArguments(target: SshTarget, options: SshArgumentOptions): readonly string[] {
  const { alias, explicit, configFile, connectTimeoutMs } = target;
  const { controlPath, role, keyFile, isBatch, command } = options;
  const settings: Readonly<Record<string, string | number>> = {
    BatchMode: isBatch || target.batchMode ? 'yes' : 'no',
    LogLevel: 'DEBUG1',
    ControlMaster: controlPath !== undefined && role === 'holder' ? 'yes' : 'no',
    ControlPath: controlPath ?? 'none',
    ControlPersist: 'no',
    ServerAliveInterval: aliveIntervalS,
    ServerAliveCountMax: aliveCountMax,
    ...(connectTimeoutMs === undefined ? { ConnectTimeout: connectTimeoutS } : {}),
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    Tunnel: 'no',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    EscapeChar: 'none',
    ...(explicit.keyFile === undefined ? {} : { IdentitiesOnly: 'yes' }),
    ...(explicit.knownHostsFile === undefined
      ? {}
      : { UserKnownHostsFile: configValue(explicit.knownHostsFile) }),
  };
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(explicit.user === undefined ? [] : ['-l', word(explicit.user, 'user')]),
    ...(explicit.port === undefined ? [] : ['-p', String(explicit.port)]),
    ...[explicit.keyFile, keyFile].flatMap((file) => (file === undefined ? [] : ['-i', file])),
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    '-T',
    '--',
    word(alias, 'host'),
    command,
  ];
}

/** What a `-o` reads: words, which quotation marks keep together. */
function configValue(path: string): string {
  if (/["\n\r]/.test(path)) {
    throw new TransportError('sshConfig', `The path ${path} cannot be given to OpenSSH.`);
  }
  return `"${path}"`;
}

/** OpenSSH puts these into the commands of ProxyCommand and the like, which a shell reads. */
function word(text: string, what: 'user' | 'host'): string {
  if (text === '' || text.startsWith('-') || !/^[^\s'"`$\\;&<>|(){}\p{Cc}]+$/u.test(text)) {
    throw new TransportError(
      'sshConfig',
      `"${text}" cannot be the name of a ${what} for OpenSSH: it is empty, begins with "-", or has characters that a shell reads.`,
    );
  }
  return text;
}
