import type { Figure } from '../model/sample.ts';
import type { Counter } from './counters.ts';

/**
 * How fast a counter grows. It keeps numbers only, changed in place, and none for "unknown" but NaN: of
 * thousands of VMs, what is made anew with each reading and lives until the next keeps the garbage collector busier
 * than all else does. Counters beyond 2^53 lose their last digits, which no rate shows.
 */
export class CounterRate {
  #before = Number.NaN;
  #perSecond = Number.NaN;

  /**
   * Takes a reading over. A counter that is smaller than before was reset (a VM restarted, a device was replaced, a host booted):
   * how much it counted in between is not known, which is a gap.
   */
  take(counter: Counter | undefined, seconds: number): void {
    const after = counter === undefined ? Number.NaN : Number(counter);
    this.#perSecond =
      seconds > 0 && after >= this.#before ? (after - this.#before) / seconds : Number.NaN;
    this.#before = after;
  }

  /** Of the last two readings. */
  get perSecond(): Figure {
    return known(this.#perSecond);
  }
}

/** NaN is kept for what is not known. */
export function known(value: number): Figure {
  return Number.isNaN(value) ? undefined : value;
}
