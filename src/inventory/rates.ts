import type { Figure } from '../model/sample.ts';
import type { Counter } from './counters.ts';

/** Counters and when they were read. */
export interface Reading<T> {
  readonly counters: T;
  /** Monotonic milliseconds, for intervals. */
  readonly monotonic: number;
  /** Milliseconds since the epoch, for people. */
  readonly at: number;
}

/**
 * How fast a counter grew. A counter that is smaller than before was reset (the VM restarted, a device was
 * replaced): how much it counted in between is not known, which is a gap.
 */
export function rate(
  before: Counter | undefined,
  after: Counter | undefined,
  seconds: number,
): Figure {
  if (before === undefined || after === undefined || seconds <= 0 || after < before) {
    return undefined;
  }
  const grown =
    typeof before === 'number' && typeof after === 'number'
      ? after - before
      : Number(BigInt(after) - BigInt(before));
  return grown / seconds;
}
