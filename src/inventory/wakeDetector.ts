import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';

const lookEveryMs = 2_000;
/** More than this between two looks was a sleep, not a busy event loop. */
const sleptMs = 10_000;

/**
 * Notices that the machine slept. Every connection is suspect then: the other side may have given us up, and
 * no byte will ever tell.
 */
export class WakeDetector implements Disposable {
  readonly #clock: Clock;
  readonly #woke = new Emitter<void>();
  #lookedAt: number;
  #timer: Disposable | undefined;

  readonly onDidWake = this.#woke.event;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lookedAt = clock.now();
    this.#schedule();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#woke.dispose();
  }

  #schedule(): void {
    this.#timer = this.#clock.after(lookEveryMs, () => {
      // The wall clock goes on while the machine sleeps, timers do not
      const now = this.#clock.now();
      const slept = now - this.#lookedAt > sleptMs;
      this.#lookedAt = now;
      this.#schedule();
      if (slept) {
        this.#woke.fire();
      }
    });
  }
}
