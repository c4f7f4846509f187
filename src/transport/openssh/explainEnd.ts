import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TransportError, type TransportFailure } from '../../libvirt/errors.ts';
import type { SshTarget } from '../ssh/sshTarget.ts';
import type { OffendingEntry, SshLog } from './sshLog.ts';

type Target = Pick<
  SshTarget,
  'alias' | 'hostName' | 'port' | 'user' | 'hostKeyName' | 'userKnownHostsFiles' | 'jump'
>;

/** Why an OpenSSH that was to keep a connection ended, going by what it said. */
export async function explainEnd(log: SshLog, target: Target): Promise<TransportError> {
  return (
    (await explainHostKey(log, target)) ??
    explainLogin(log, target) ??
    explainNetwork(log, target) ??
    explainRest(log, target)
  );
}

/**
 * With ProxyJump or a ProxyCommand another OpenSSH speaks in the same place, and tells nothing but what goes wrong: until
 * the target has shown its key, that is who is heard.
 */
function onTheWay(name: string | undefined, { alias, jump }: Target): string {
  const only = jump && !jump.jump ? jump.alias : undefined;
  return `${name ?? only ?? 'A machine'} (on the way to ${alias})`;
}

/** What the first line that matches says. */
function find({ words }: SshLog, pattern: RegExp): RegExpExecArray | undefined {
  return words.map((line) => pattern.exec(line)).find((match) => match !== null) ?? undefined;
}

interface JudgedKey {
  /** As known_hosts has it. */
  readonly name: string;
  /** Who showed it. */
  readonly who: string;
  readonly type: string;
  readonly fingerprint: string;
}

/** The host key that is not right. */
function judgedKey(log: SshLog, target: Target): JudgedKey {
  const named =
    /^(?:Host key for|No \S+ host key is known for|The \S+ host key for) (\S+) (?:has changed|and|is marked)/;
  const name = find(log, named)?.[1];
  if (name === undefined ? log.hostKey : name.toLowerCase() === target.hostKeyName) {
    const { type = '', fingerprint = '' } = log.hostKey ?? {};
    return { name: target.hostKeyName, who: target.alias, type, fingerprint };
  }
  return {
    name: name ?? '',
    who: onTheWay(name, target),
    type: find(log, /^The fingerprint for the (\S+) key sent by the remote host is/)?.[1] ?? '',
    fingerprint: find(log, /^(SHA256:\S+?)\.?$/)?.[1] ?? '',
  };
}

async function explainHostKey(log: SshLog, target: Target): Promise<TransportError | undefined> {
  const { offending } = log;
  const { name, who, type, fingerprint } = judgedKey(log, target);
  const failure = async (): Promise<TransportFailure> => ({
    about: 'hostKey',
    host: name,
    keyType: type,
    fingerprint,
    known: offending ? [await readEntry(offending)] : [],
    file: target.userKnownHostsFiles[0],
  });
  const shown = type === '' ? '' : ` (${type} ${fingerprint})`;
  if (log.has(/REVOKED HOST KEY DETECTED/)) {
    return new TransportError(
      'hostKeyRevoked',
      `${who} showed a host key that known_hosts marks as revoked${shown}: nothing was sent to it. Somebody may have stolen that key; give the machine a new one.`,
      { failure: await failure() },
    );
  }
  if (log.has(/^@ +WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED/) && log.method === undefined) {
    const known = await failure();
    const before = known.about === 'hostKey' ? known.known[0] : undefined;
    return new TransportError(
      'hostKeyChanged',
      `${who} showed another host key than before: nothing was sent to it. Now it is ${type} ${fingerprint}` +
        `${before ? `; ${before.file}, line ${before.line}, has ${before.keyType} ${before.fingerprint}` : ''}. ` +
        'If the machine was installed anew, compare the new fingerprint on it, then remove that line.',
      { failure: known },
    );
  }
  if (log.has(/^Host key verification failed/)) {
    return new TransportError(
      'hostKeyUnknown',
      `${who}: nobody vouched for its host key yet${shown}. Compare it on the machine (ssh-keygen -lf /etc/ssh/ssh_host_*.pub), then connect once with ssh ${target.alias} and accept it.`,
      { failure: await failure() },
    );
  }
  return undefined;
}

/** @returns the entry with its fingerprint, as far as it can still be read */
async function readEntry({ file, line, keyType }: OffendingEntry): Promise<{
  readonly file: string;
  readonly line: number;
  readonly keyType: string;
  readonly fingerprint: string;
}> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const words = text.split('\n')[line - 1]?.trim().split(/\s+/) ?? [];
  const at = words.findIndex((word) => /^(?:ssh-|ecdsa-|sk-)/.test(word));
  const key = at < 0 ? undefined : words[at + 1];
  const hash = createHash('sha256').update(Buffer.from(key ?? '', 'base64'));
  return {
    file,
    line,
    keyType: words[at] ?? keyType,
    fingerprint: key === undefined ? '' : `SHA256:${hash.digest('base64').replace(/=+$/, '')}`,
  };
}

function explainLogin(log: SshLog, target: Target): TransportError | undefined {
  const tooMany = log.has(/Too many authentication failures/);
  if (!tooMany && !log.has(/Permission denied \(/)) {
    return undefined;
  }
  if (log.methods.length === 0) {
    return explainLoginOnTheWay(log, target);
  }
  const tried = log.keys.map(({ name, fingerprint, outcome, reason }) => {
    const key = `key ${name}${fingerprint === undefined ? '' : ` ${fingerprint}`}`;
    switch (outcome) {
      case 'refused':
        return `${key}: refused`;
      case 'accepted':
        return `${key}: accepted, but could not be used (it needs its passphrase, or its agent refused)`;
      case 'unreadable':
        return `${key}: not used, ${reason ?? 'it cannot be read'}`;
    }
  });
  const wants = log.keys.some(({ outcome }) => outcome === 'accepted')
    ? 'passphrase'
    : log.methods.includes('password')
      ? 'password'
      : log.methods.includes('keyboard-interactive')
        ? 'answers'
        : undefined;
  const list = tried.length === 0 ? 'no key was there to be tried' : tried.join('; ');
  const { user, hostName, port, alias } = target;
  const failure = { about: 'login', user, host: alias, tried, wants, tooMany } as const;
  return new TransportError(
    'login',
    tooMany
      ? `${alias} hung up since too many keys were tried for ${user} (MaxAuthTries): ${list}. Name the right one with IdentityFile, and set IdentitiesOnly yes.`
      : `${alias} (${hostName}:${port}) did not let ${user} in: ${list}. It takes: ${log.methods.join(', ')}.`,
    { failure },
  );
}

function explainLoginOnTheWay(log: SshLog, target: Target): TransportError {
  const [, user, name, methods] =
    find(log, /^(?:(.+)@(\S+): )?Permission denied \(([^)]*)\)/) ?? [];
  const who = onTheWay(name, target);
  return new TransportError(
    'login',
    methods === undefined
      ? `${who} hung up since too many keys were tried (MaxAuthTries). Name the right one with IdentityFile, and set IdentitiesOnly yes.`
      : `${who} did not let ${user ?? 'you'} in. It takes: ${methods.replaceAll(',', ', ')}.`,
  );
}

function explainNetwork(log: SshLog, target: Target): TransportError | undefined {
  const { alias, hostName, port } = target;
  const [, name = hostName, namedPort = String(port)] =
    find(log, /^ssh: connect to host (\S+) port (\d+): /) ??
    find(log, /^ssh: Could not resolve hostname (\S+): /) ??
    [];
  const isTarget = name.toLowerCase() === hostName.toLowerCase() && namedPort === String(port);
  const ours = alias === hostName ? `${hostName}:${port}` : `${alias} (${hostName}:${port})`;
  const place = isTarget ? ours : onTheWay(`${name}:${namedPort}`, target);
  const reasons: readonly (readonly [RegExp, TransportError['kind'], string])[] = [
    [
      /^Timeout, server .* not responding|^Connection timed out during banner exchange/,
      'timeout',
      `${place} does not answer any more: it is off, or the network is gone.`,
    ],
    [
      /Could not resolve hostname/,
      'unreachable',
      `The name ${name} is not known: it is misspelt, or the network that knows it is not connected.`,
    ],
    [
      /Connection refused/,
      'unreachable',
      `${place} refuses connections: no SSH server listens there. Start sshd, or check the port.`,
    ],
    [
      /(?:Connection|Operation) timed out/,
      'timeout',
      `${place} does not answer: it is off, or a firewall swallows what is sent there.`,
    ],
    [
      /No route to host|Network is unreachable/,
      'unreachable',
      `There is no way to ${place} just now: it is off, or on another network.`,
    ],
    [
      /Unable to negotiate|no matching .* found/i,
      'unsupported',
      `${alias} and OpenSSH found no way to talk: ${lastWords(log)}`,
    ],
    [
      /Bad configuration option|bad configuration options|keyword .* extra arguments|Bad owner or permissions/i,
      'sshConfig',
      `OpenSSH cannot follow the SSH configuration of ${alias}: ${lastWords(log)}`,
    ],
  ];
  const found = reasons.find(([pattern]) => log.has(pattern));
  return found && new TransportError(found[1], found[2]);
}

function explainRest(log: SshLog, { alias, user }: Target): TransportError {
  if (log.method !== undefined && log.has(/^channel \d+: open failed: /)) {
    return new TransportError(
      'forbidden',
      `The SSH server of ${alias} let ${user} in, but runs no command (${lastWords(log)}). MaxSessions in its sshd_config has to be at least 1.`,
    );
  }
  const words = lastWords(log);
  const said = words === '' ? '' : ` OpenSSH said: ${words}`;
  return log.method === undefined
    ? new TransportError(
        'unreachable',
        `OpenSSH did not get through to ${alias}.${said} Try ssh -v ${alias}.`,
      )
    : new TransportError('closed', `The SSH connection to ${alias} has ended.${said}`);
}

function lastWords(log: SshLog): string {
  return log.words.at(-1) ?? '';
}
