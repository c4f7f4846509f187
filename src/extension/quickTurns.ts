import { Emitter } from '../base/event.ts';

/**
 * The editor shows one quick input at a time: a question that comes up while a form is open hides the form. Forms
 * ask here whether they were only interrupted, and show themselves again when the question has been answered.
 */
export class QuickTurns {
  readonly #ended = new Emitter<void>();
  #questions: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** Fires when nothing interrupts any more. */
  readonly onDidEnd = this.#ended.event;

  get isInterrupted(): boolean {
    return this.#count > 0;
  }

  /** Asks a question that may come at any time; several follow each other. */
  async interrupt<T>(ask: () => Promise<T>): Promise<T> {
    this.#count++;
    const answer = this.#questions.then(ask);
    this.#questions = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.#count--;
      if (this.#count === 0) {
        this.#ended.fire();
      }
    }
  }
}
