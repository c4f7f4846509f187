import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';

/** Does something soon after it was asked for, and never more often than at an interval, however often it is. */
export class Pacer implements Disposable {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #action: () => void;
  #timer: Disposable | undefined;
  #doneAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, intervalMs: number, action: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#action = action;
  }

  request(): void {
    const waitMs = Math.max(0, this.#doneAt + this.#intervalMs - this.#clock.monotonic());
    this.#timer ??= this.#clock.after(waitMs, () => {
      this.#timer = undefined;
      this.#doneAt = this.#clock.monotonic();
      this.#action();
    });
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }
}
