/** How long to wait before the next attempt. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
}

/**
 * Exponential backoff with full jitter over the upper half: between half and all of `first * 2^attempt`, so
 * that many hosts that fell together do not come back together, and none comes back at once.
 * @param attempt 0 for the first.
 * @returns milliseconds
 */
export function backoffMs(attempt: number, { firstMs, maxMs, random }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + (ceiling / 2) * random();
}
