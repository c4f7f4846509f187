import type { Clock } from '../base/clock.ts';

/** The clock of one simulated host: what is still to happen there ends with it. */
export class DemoTime {
  readonly #clock: Clock;
  readonly #timers = new Set<{ dispose(): void }>();
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wall-clock milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, action: () => void): { dispose(): void } {
    if (this.#isOver) {
      return { dispose: () => undefined };
    }
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
    return {
      dispose: () => {
        this.#timers.delete(timer);
        timer.dispose();
      },
    };
  }

  /** Never resolves once the host is closed. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve);
    });
  }

  dispose(): void {
    this.#isOver = true;
    for (const timer of this.#timers) {
      timer.dispose();
    }
    this.#timers.clear();
  }
}
