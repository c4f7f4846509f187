/** Counters and when they were read. */
export interface Reading<T> {
  readonly counters: T;
  /** Monotonic milliseconds, for intervals. */
  readonly monotonic: number;
  /** Milliseconds since the epoch, for people. */
  readonly at: number;
}
