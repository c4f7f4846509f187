import type { Clock } from './clock.ts';

/** How long going through many things may hold the event loop at a time; less than the product's 20 ms. */
const sliceMs = 2;
/** Looking at the clock costs about as much as a step. */
const stepsPerLook = 32;

/** Cuts long work into slices, between which other work of the event loop is served. */
export class Slices {
  readonly #clock: Clock;
  #steps = 0;
  #until: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#until = clock.monotonic() + sliceMs;
  }

  /** Counts one step. True if it is time for {@link rest}. */
  step(): boolean {
    return ++this.#steps % stepsPerLook === 0 && this.isOver();
  }

  /** The same without counting: for steps that are worth a look at the clock each. */
  isOver(): boolean {
    return this.#clock.monotonic() > this.#until;
  }

  /** Resolves after other work was served. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#clock.soon(resolve);
    });
    this.#until = this.#clock.monotonic() + sliceMs;
  }
}
