import ssh2, { type ParsedKey } from 'ssh2';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { AgentClient, type AgentKey } from './agentClient.ts';
import { readKeyFile, readPublicFile, type KeyFile, type UnusableKeyFile } from './keyFile.ts';
import { fingerprintOf } from './knownHosts.ts';
import type { SshTarget } from './sshTarget.ts';

/** A key that can be offered to a server. */
export interface Identity {
  /** For people: "key SHA256:… (work) of the agent". */
  readonly what: string;
  /** The public half; undefined of a file that tells it only with the passphrase. */
  readonly publicKey: ParsedKey | undefined;
  readonly source:
    | { readonly kind: 'agent'; readonly agent: AgentClient; readonly label: string }
    | { readonly kind: 'file'; readonly file: KeyFile };
}

export interface Identities {
  /** In the order in which OpenSSH offers them. */
  readonly usable: readonly Identity[];
  /** What was passed over and why, for people. */
  readonly skipped: readonly string[];
  /** Keys among the skipped that OpenSSH itself could use. */
  readonly needsOpenSsh: boolean;
}

/**
 * The keys for a target: those of the agent that the configuration names, in its order; then the agent's others,
 * unless only named ones shall be used; then files.
 */
export async function findIdentities(
  target: Pick<SshTarget, 'identityAgent' | 'identityFiles' | 'identitiesOnly'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Identities> {
  const held = await ofAgent(target.identityAgent, clock, signal);
  const named: Identity[] = [];
  const files: Identity[] = [];
  const skipped: Skipped[] = [...held.skipped];
  for (const path of target.identityFiles) {
    const found = await ofFile(path, held.keys);
    if (found && 'why' in found) {
      skipped.push(found);
    } else if (found) {
      (found.source.kind === 'agent' ? named : files).push(found);
    }
  }
  const others = target.identitiesOnly
    ? []
    : [...held.keys.values()].filter((identity) => !named.includes(identity));
  return {
    usable: [...named, ...others, ...files],
    skipped: skipped.map(({ what, why }) => `${what}: ${why}`),
    needsOpenSsh: skipped.some(({ needsOpenSsh }) => needsOpenSsh),
  };
}

interface Skipped {
  readonly what: string;
  readonly why: string;
  readonly needsOpenSsh: boolean;
}

/** The agent's keys by their public halves. An agent that does not answer has none. */
async function ofAgent(
  path: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly keys: ReadonlyMap<string, Identity>; readonly skipped: readonly Skipped[] }> {
  const keys = new Map<string, Identity>();
  if (path === undefined) {
    return { keys, skipped: [] };
  }
  const agent = new AgentClient(path, clock);
  let listed: readonly AgentKey[];
  try {
    listed = await agent.keys(signal);
  } catch (error) {
    signal.throwIfAborted();
    const skipped = { what: `agent at ${path}`, why: messageOf(error), needsOpenSsh: false };
    return { keys, skipped: [skipped] };
  }
  const skipped: Skipped[] = [];
  for (const { blob, comment, keyType } of listed) {
    const publicKey = parsePublic(blob);
    const label = comment === '' ? fingerprintOf(blob) : `${fingerprintOf(blob)} (${comment})`;
    const what = `key ${label} of the agent`;
    if (publicKey) {
      keys.set(blob.toString('base64'), {
        what,
        publicKey,
        source: { kind: 'agent', agent, label },
      });
    } else {
      skipped.push({ what, why: `keys of type ${keyType} need OpenSSH`, needsOpenSsh: true });
    }
  }
  return { keys, skipped };
}

/** What a line of the configuration names: a key of the agent, a file, or nothing. */
async function ofFile(
  path: string,
  held: ReadonlyMap<string, Identity>,
): Promise<Identity | Skipped | undefined> {
  const file = await readKeyFile(path);
  const publicBlob = await publicHalf(path, file);
  const ofAgent = publicBlob && held.get(publicBlob.toString('base64'));
  if (ofAgent) {
    return ofAgent;
  }
  const what = `key file ${path}`;
  if (!file || path.endsWith('.pub')) {
    return undefined;
  }
  const publicKey = publicBlob && parsePublic(publicBlob);
  if (publicBlob && !publicKey) {
    // Also with a passphrase, which would be asked for in vain
    return { what, why: 'keys of its type need OpenSSH', needsOpenSsh: true };
  }
  return 'problem' in file
    ? { what, why: file.problem, needsOpenSsh: false }
    : { what, publicKey, source: { kind: 'file', file } };
}

/** A key may lie elsewhere, in an agent or on a card, with only its public half in a file. */
async function publicHalf(
  path: string,
  file: KeyFile | UnusableKeyFile | undefined,
): Promise<Buffer | undefined> {
  const told = file && 'publicKey' in file ? file.publicKey : undefined;
  return told ?? readPublicFile(path.endsWith('.pub') ? path : `${path}.pub`);
}

/** @returns undefined for a type that ssh2 cannot sign with. */
export function parsePublic(blob: Buffer): ParsedKey | undefined {
  const parsed: unknown = ssh2.utils.parseKey(blob);
  return parsed instanceof Error || parsed === null ? undefined : (parsed as ParsedKey);
}
