import type { Clock } from './clock.ts';
import { toError } from './errors.ts';

/** How much of a turn of the event loop may go by before the rest waits for the next. */
const turnMs = 2;

/**
 * Does many small pieces of work that somebody asks for all at once: as many of them at once as fit into a turn of the
 * event loop, the others in turns of their own, in their order.
 */
export class Turns {
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];
  /** How many of those were done. */
  #done = 0;
  /** When this turn has done enough; undefined before anything was asked of it. */
  #until: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns what `work` returns: at once, or a promise of it. */
  run<T>(work: () => T): T | Promise<T> {
    if (this.#until === undefined) {
      this.#until = this.#clock.monotonic() + turnMs;
      this.#clock.soon(this.#nextTurn);
    }
    if (this.#waiting.length === 0 && this.#clock.monotonic() <= this.#until) {
      return work();
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(toError(error));
        }
      });
    });
  }

  readonly #nextTurn = (): void => {
    if (this.#waiting.length === 0) {
      this.#until = undefined;
      return;
    }
    const until = this.#clock.monotonic() + turnMs;
    this.#until = until;
    do {
      this.#waiting[this.#done]?.();
      this.#done++;
    } while (this.#done < this.#waiting.length && this.#clock.monotonic() <= until);
    // Each turn would be a copy of thousands
    if (this.#done * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#done);
      this.#done = 0;
    }
    this.#clock.soon(this.#nextTurn);
  };
}
