import { onAbort } from '../../base/abort.ts';
import { passwordSlot, type SecretMemory } from '../ssh/secretMemory.ts';
import type { SshPrompts } from '../ssh/sshPrompts.ts';
import type { SshTarget } from '../ssh/sshTarget.ts';

interface AnswersOptions {
  readonly target: SshTarget;
  readonly prompts: SshPrompts;
  /** Passphrases and passwords that were right are remembered there. */
  readonly secrets: SecretMemory;
  /** Without, only what is remembered or kept is answered. */
  readonly mayAsk: boolean;
}

/** A question of OpenSSH. */
interface Question {
  /** `confirm` wants a yes, `none` tells something until whoever asks goes; else an answer is wanted. */
  readonly kind: string;
  readonly text: string;
  /** It was answered before, and is asked again. */
  readonly isWrong: boolean;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Whether something is remembered or kept that OpenSSH may ask for. */
export async function knowsSecrets({
  target,
  prompts: { kept },
  secrets,
}: Omit<AnswersOptions, 'mayAsk'>): Promise<boolean> {
  const { user, alias: host, identityFiles } = target;
  if (
    secrets.answer(passwordSlot(target)) !== undefined ||
    (await kept?.password({ user, host })) !== undefined
  ) {
    return true;
  }
  for (const keyFile of identityFiles) {
    if (
      secrets.answer(passphraseSlot(keyFile)) !== undefined ||
      (await kept?.passphrase({ keyFile })) !== undefined
    ) {
      return true;
    }
  }
  return false;
}

function passphraseSlot(keyFile: string): string {
  return `passphrase ${keyFile}`;
}

/** A secret that may be known already. */
interface Secret {
  /** What it is remembered by. */
  readonly slot: string;
  readonly isWrong: boolean;
  readonly kept: () => Promise<string | undefined> | undefined;
  readonly ask: () => Promise<string | undefined>;
}

/**
 * Answers OpenSSH by what was right before, by what the person had kept, or by asking them. OpenSSH says what it wants in
 * words only; they have been the same since long.
 */
export class Answers {
  readonly #options: AnswersOptions;
  /** To be remembered if they let us in. */
  readonly #given = new Map<string, string>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** What was answered so far was right. */
  succeeded(): void {
    for (const [slot, secret] of this.#given) {
      this.#options.secrets.keepAnswer(slot, secret);
    }
    this.#given.clear();
  }

  /** @returns undefined where there is no answer */
  async to(question: Question): Promise<string | undefined> {
    if (question.kind === 'none') {
      return this.#tell(question);
    }
    const secret = this.#secretOf(question);
    if (secret) {
      return this.#answerSecret(secret);
    }
    return this.#options.mayAsk ? this.#ask(question) : undefined;
  }

  /** OpenSSH ends who tells it when the key was touched. */
  #tell({ text, signal }: Question): Promise<undefined> {
    const key = /for key (\S+ SHA256:\S+)/.exec(text)?.[1] ?? text;
    this.#options.prompts.agentIsWaiting({ host: this.#options.target.alias, key, signal });
    return new Promise((resolve) => {
      onAbort(signal, () => {
        resolve(undefined);
      });
    });
  }

  /** Nothing of a machine on the way: what is remembered and kept is the target's. */
  #secretOf({ text, isWrong, signal }: Question): Secret | undefined {
    const { target, prompts } = this.#options;
    const { alias: host, user } = target;
    const keyFile = /^Enter passphrase for (?:\S+ )?key '?(.+?)'?:\s*$/.exec(text)?.[1];
    if (keyFile !== undefined) {
      return {
        slot: passphraseSlot(keyFile),
        isWrong,
        kept: () => prompts.kept?.passphrase({ keyFile }),
        ask: () => prompts.passphrase({ keyFile, host, isWrong, signal }),
      };
    }
    const place = /^(.+)'s password:\s*$/.exec(text)?.[1];
    return place?.startsWith(`${user}@`) && this.#isTarget(place.slice(user.length + 1))
      ? {
          slot: passwordSlot(target),
          isWrong,
          kept: () => prompts.kept?.password({ user, host }),
          ask: () => prompts.password({ user, host, isWrong, signal }),
        }
      : undefined;
  }

  /** Whether OpenSSH means the target, and not a machine on the way to it. */
  #isTarget(name: string): boolean {
    const { hostName, hostKeyName } = this.#options.target;
    return [hostName, hostKeyName].some((ours) => ours.toLowerCase() === name.toLowerCase());
  }

  /** What is known, unless it was wrong; else what the person says. */
  async #answerSecret({ slot, isWrong, kept, ask }: Secret): Promise<string | undefined> {
    const { secrets, mayAsk } = this.#options;
    if (isWrong) {
      secrets.forgetAnswer(slot);
    }
    const known = isWrong ? undefined : (secrets.answer(slot) ?? (await kept()));
    const secret = known ?? (mayAsk ? await ask() : undefined);
    if (secret !== undefined) {
      this.#given.set(slot, secret);
    }
    return secret;
  }

  async #ask({ kind, text, isWrong, signal }: Question): Promise<string | undefined> {
    const { target, prompts } = this.#options;
    const { alias: host } = target;
    const keyFile = /^Enter PIN for (?:\S+ )?key '?(.+?)'?:\s*$/.exec(text)?.[1];
    if (keyFile !== undefined) {
      // Not remembered: a few wrong ones lock the key
      return prompts.passphrase({ keyFile, host, isWrong, signal });
    }
    const unknown =
      /^The authenticity of host '(.+?)' can't be established\.\s*\n(\S+) key fingerprint is (SHA256:\S+?)\.?\s*\n/.exec(
        text,
      );
    if (unknown) {
      const [, address = '', keyType = '', fingerprint = ''] = unknown;
      const name = address.split(' (')[0] ?? address;
      const isAccepted = await prompts.confirmHostKey({
        host: this.#isTarget(name) ? host : name,
        address,
        keyType,
        fingerprint,
        file: target.userKnownHostsFiles[0] ?? '',
        otherKeyTypes: [],
        signal,
      });
      return isAccepted ? 'yes' : 'no';
    }
    // Such as the password of a machine on the way, which OpenSSH names
    const answers = await prompts.answers({
      host,
      title: '',
      instructions: '',
      questions: [{ text, echo: kind === 'confirm' }],
      signal,
    });
    return answers?.[0];
  }
}
