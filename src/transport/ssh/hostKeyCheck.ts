import { TransportError } from '../../libvirt/errors.ts';
import { keyTypeOfAlgorithm } from './algorithms.ts';
import {
  fingerprintOf,
  judgeHostKey,
  keyTypeOf,
  knownKeyTypes,
  type HostKeyVerdict,
  type KnownHostsEntry,
} from './knownHosts.ts';
import { addKnownHost, readKnownHosts } from './knownHostsFiles.ts';
import type { SshPrompts } from './sshPrompts.ts';
import type { SshTarget } from './sshTarget.ts';

/** Decides whether the machine that answers is the one that is meant. */
export class HostKeyCheck {
  readonly #target: SshTarget;
  readonly #entries: readonly KnownHostsEntry[];
  /** Signature algorithms in order: those first whose keys are known, as OpenSSH asks. */
  readonly algorithms: readonly string[];

  private constructor(target: SshTarget, entries: readonly KnownHostsEntry[]) {
    this.#target = target;
    this.#entries = entries;
    const known = knownKeyTypes(entries, target.hostKeyName);
    const wanted = target.algorithms.hostKeys ?? [];
    const isKnown = (name: string): boolean => known.has(keyTypeOfAlgorithm(name));
    this.algorithms = [...wanted.filter(isKnown), ...wanted.filter((name) => !isKnown(name))];
  }

  /** @throws TransportError of kind `sshConfig` if a file cannot be read */
  static async prepare(target: SshTarget): Promise<HostKeyCheck> {
    const files = [...target.userKnownHostsFiles, ...target.globalKnownHostsFiles];
    return new HostKeyCheck(target, await readKnownHosts(files));
  }

  /**
   * Resolves only if the key is the right one.
   * @param prompts who can be asked about an unknown key
   * @returns what was found, in a few words
   * @throws TransportError of kind `hostKeyUnknown`, `hostKeyChanged` or `hostKeyRevoked`
   */
  async verify(key: Buffer, prompts: SshPrompts | undefined, signal: AbortSignal): Promise<string> {
    const { hostKeyName } = this.#target;
    const comparable = this.algorithms.map(keyTypeOfAlgorithm);
    const verdict = judgeHostKey(this.#entries, hostKeyName, key, comparable);
    const fingerprint = fingerprintOf(key);
    switch (verdict.kind) {
      case 'known':
        return `${keyTypeOf(key) ?? ''} ${fingerprint}`;
      case 'revoked':
        throw this.#error(
          'hostKeyRevoked',
          key,
          verdict.entries,
          `The key that ${this.#target.alias} shows was revoked (${places(verdict.entries)}): ${fingerprint}. Nothing was sent to it. Ask whoever runs the machine.`,
        );
      case 'changed':
        throw this.#error(
          'hostKeyChanged',
          key,
          verdict.entries,
          `${this.#target.alias} shows another key than before: now ${keyTypeOf(key) ?? ''} ${fingerprint}, before ${verdict.entries.map((entry) => `${entry.keyType} ${fingerprintOf(entry.key)} (${places([entry])})`).join(', ')}. Nothing was sent to it. It was installed anew, or somebody is in between. If you know why, remove the old line: ssh-keygen -R '${hostKeyName}'.`,
        );
      case 'unknown':
        return this.#accept(key, verdict, prompts, signal);
    }
  }

  async #accept(
    key: Buffer,
    { otherKeyTypes }: HostKeyVerdict & { readonly kind: 'unknown' },
    prompts: SshPrompts | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const { alias, hostKeyName, hostName, port, strictHostKeyChecking, hashKnownHosts } =
      this.#target;
    const [file] = this.#target.userKnownHostsFiles;
    const keyType = keyTypeOf(key) ?? '';
    const fingerprint = fingerprintOf(key);
    const refuse = (why: string): TransportError =>
      this.#error(
        'hostKeyUnknown',
        key,
        [],
        `${alias} is not known yet (${hostKeyName}): it shows the key ${keyType} ${fingerprint}. ${why}`,
      );
    if (strictHostKeyChecking === 'yes') {
      throw refuse(
        'The SSH configuration forbids to accept unknown keys (StrictHostKeyChecking yes): add it to known_hosts yourself.',
      );
    }
    if (file === undefined) {
      throw refuse('The SSH configuration names no file to keep it in (UserKnownHostsFile).');
    }
    if (strictHostKeyChecking === 'ask') {
      const isAccepted = await prompts?.confirmHostKey({
        host: alias,
        address: `${hostName}:${port}`,
        keyType,
        fingerprint,
        file,
        otherKeyTypes,
        signal,
      });
      if (isAccepted !== true) {
        throw refuse(
          prompts
            ? 'It was not accepted.'
            : `Nobody can be asked here whether it is the right one: connect once with ssh ${alias} and compare it.`,
        );
      }
    }
    await addKnownHost(file, hostKeyName, key, { hashed: hashKnownHosts });
    return `${keyType} ${fingerprint}, now known`;
  }

  #error(
    kind: 'hostKeyUnknown' | 'hostKeyChanged' | 'hostKeyRevoked',
    key: Buffer,
    known: readonly KnownHostsEntry[],
    message: string,
  ): TransportError {
    return new TransportError(kind, message, {
      failure: {
        about: 'hostKey',
        host: this.#target.hostKeyName,
        keyType: keyTypeOf(key) ?? '',
        fingerprint: fingerprintOf(key),
        known: known.map((entry) => ({
          file: entry.file,
          line: entry.line,
          keyType: entry.keyType,
          fingerprint: fingerprintOf(entry.key),
        })),
        file: this.#target.userKnownHostsFiles[0],
      },
    });
  }
}

function places(entries: readonly KnownHostsEntry[]): string {
  return entries.map(({ file, line }) => `${file}:${line}`).join(', ');
}
