import type { Clock } from '../../src/base/clock.ts';
import { toDisposable, type Disposable } from '../../src/base/disposable.ts';

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** Lets everything that is under way without waiting for time or for a real socket come to its end. */
export async function settle(turns = 2): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    // All microtasks and ticks, however many follow from each other, run before this resolves
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/**
 * A clock that moves only by hand.
 *
 * `soon` does not wait for it: it is about giving way to other work, not about time.
 */
export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  readonly #timers = new Set<Timer>();

  /**
   * What passes whenever {@link monotonic} is read, for code that measures itself while no test can move the
   * clock.
   */
  msPerLook = 0;

  constructor(wallMs = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#wall = wallMs;
  }

  /** Timers that have not gone off: 0 once everything was disposed. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    this.#pass(this.msPerLook);
    return this.#monotonic;
  }

  after(delayMs: number, action: () => void): Disposable {
    const timer = { due: this.#monotonic + Math.max(0, delayMs), action };
    this.#timers.add(timer);
    return toDisposable(() => this.#timers.delete(timer));
  }

  soon(action: () => void): void {
    setImmediate(action);
  }

  /**
   * Lets time pass: every timer that becomes due goes off in its turn, and what follows from it is done before
   * the next one.
   */
  async advance(ms: number): Promise<void> {
    await settle();
    const until = this.#monotonic + ms;
    for (let timer = this.#next(until); timer; timer = this.#next(until)) {
      this.#timers.delete(timer);
      this.#pass(Math.max(0, timer.due - this.#monotonic));
      timer.action();
      await settle();
    }
    this.#pass(Math.max(0, until - this.#monotonic));
    await settle();
  }

  /**
   * Time passes at once, as when something holds up the event loop: the timers that are due then go off late,
   * and before anything that arrived in the meantime is read.
   */
  stall(ms: number): void {
    this.#pass(ms);
    const until = this.#monotonic;
    for (let timer = this.#next(until); timer; timer = this.#next(until)) {
      this.#timers.delete(timer);
      timer.action();
    }
  }

  /** Moves the wall clock only, as when the machine slept or somebody set its clock. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** The earliest timer due by then; of two due at once, the one set first. */
  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= until && (!next || timer.due < next.due)) {
        next = timer;
      }
    }
    return next;
  }

  #pass(ms: number): void {
    this.#monotonic += ms;
    this.#wall += ms;
  }
}
