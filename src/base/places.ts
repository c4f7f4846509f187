import type { Clock } from './clock.ts';

export interface PlacesOptions {
  readonly clock: Clock;
  /** How many pieces of work are under way together. */
  readonly count: number;
  /** How long one of them keeps another out, in milliseconds. */
  readonly heldMs: number;
}

/**
 * Lets a few pieces of work be under way at a time, and begins them in their order. One that takes long gives up its
 * place and goes on: what waits for somebody else keeps nobody out.
 */
export class Places {
  readonly #options: PlacesOptions;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** @returns what `work` comes to. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { clock, count, heldMs } = this.#options;
    if (this.#taken === count) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    } else {
      this.#taken++;
    }
    let isHeld = true;
    const leave = (): void => {
      if (isHeld) {
        isHeld = false;
        this.#pass();
      }
    };
    const timer = clock.after(heldMs, leave);
    try {
      return await work();
    } finally {
      timer.dispose();
      leave();
    }
  }

  /** The next takes over the place; without one it is free. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#taken--;
    }
  }
}
