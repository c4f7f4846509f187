import type { OpenKey } from './openKey.ts';
import type { SshTarget } from './sshTarget.ts';

/** What the password of a target is remembered by, for both clients. */
export function passwordSlot({
  user,
  hostKeyName,
}: Pick<SshTarget, 'user' | 'hostKeyName'>): string {
  return `password ${user}@${hostKeyName}`;
}

/**
 * What a person said once, kept as long as the window or program runs and nowhere else, so that a host comes back
 * after sleep without a question.
 */
export class SecretMemory {
  /** By path. */
  readonly #keys = new Map<string, OpenKey>();
  /** By what was asked for. */
  readonly #answers = new Map<string, string>();

  openedKey(path: string): OpenKey | undefined {
    return this.#keys.get(path);
  }

  keepKey(path: string, key: OpenKey): void {
    this.#keys.set(path, key);
  }

  answer(question: string): string | undefined {
    return this.#answers.get(question);
  }

  keepAnswer(question: string, answer: string): void {
    this.#answers.set(question, answer);
  }

  forgetAnswer(question: string): void {
    this.#answers.delete(question);
  }
}
