import { execa } from 'execa';
import { CancelledError } from '../../base/errors.ts';
import { TransportError } from '../../libvirt/errors.ts';
import type { SshEnvironment } from './sshEnvironment.ts';
import { repeatedKeywords, type SshQuestion, type SshSettings } from './sshSettings.ts';

/** A `Match exec` of the user's may take its time. */
const timeoutMs = 15_000;

/**
 * Asks the user's OpenSSH what its configuration says about a host (`ssh -G`), which connects nowhere.
 * @returns undefined if OpenSSH is not installed.
 * @throws TransportError of kind `sshConfig` with OpenSSH's own words if it cannot follow the configuration.
 */
export async function askOpenSsh(
  { alias, user, port }: SshQuestion,
  { sshProgram, configFile, variables }: SshEnvironment,
  signal?: AbortSignal,
): Promise<SshSettings | undefined> {
  const result = await execa(
    sshProgram,
    [
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      '-G',
      '--',
      alias,
    ],
    {
      stdin: 'ignore',
      reject: false,
      extendEnv: false,
      env: variables,
      timeout: timeoutMs,
      ...(signal ? { cancelSignal: signal } : {}),
    },
  );
  if (result.isCanceled) {
    throw new CancelledError(`Reading the SSH configuration of ${alias}`);
  }
  if (result.code === 'ENOENT') {
    return undefined;
  }
  if (result.failed) {
    throw new TransportError(
      'sshConfig',
      result.timedOut
        ? `OpenSSH did not say within ${timeoutMs / 1000} s how to reach ${alias} (ssh -G ${alias}): a command of a "Match exec" may hang.`
        : `OpenSSH cannot follow the SSH configuration of ${alias}: ${errorLine(result.stderr)}. See ssh -G ${alias}.`,
    );
  }
  return parseAnswer(result.stdout);
}

/** Reads `keyword value` lines. */
function parseAnswer(output: string): SshSettings {
  const settings = new Map<string, readonly string[]>();
  for (const line of output.split('\n')) {
    const match = /^(\S+) (.*?)\r?$/.exec(line);
    const [, name = '', value = ''] = match ?? [];
    const keyword = name.toLowerCase();
    const before = settings.get(keyword);
    if (match && (before === undefined || repeatedKeywords.has(keyword))) {
      settings.set(keyword, [...(before ?? []), value]);
    }
  }
  return settings;
}

function errorLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim().replace(/\.$/, ''));
  return (
    lines.find((line) => line !== '' && !line.startsWith('Pseudo-terminal')) ?? 'no reason given'
  );
}
