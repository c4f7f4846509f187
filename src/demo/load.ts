import { createRandom } from './random.ts';

const tau = 2 * Math.PI;

/** A wave around 1: `1 + depth * sin(2π t / period + phase)`. */
interface Wave {
  readonly depth: number;
  /** Seconds. */
  readonly period: number;
  readonly phase: number;
}

/**
 * A load over time that can be asked at any moment, without a tick: a sum of waves around 1. Its integral is
 * exact, so that counters made of it never go back.
 */
export class Load {
  readonly #waves: readonly Wave[];

  constructor(...seed: readonly number[]) {
    const random = createRandom(...seed);
    // Depths sum up to less than 1: the load stays above 0. A day, coffee, a job, a breath
    this.#waves = [
      { depth: 0.35, period: 86_400 },
      { depth: 0.2, period: 600 + random.next() * 1_200 },
      { depth: 0.2, period: 40 + random.next() * 50 },
      { depth: 0.2, period: 7 + random.next() * 6 },
    ].map((wave) => ({ ...wave, phase: random.next() * tau }));
  }

  /** Around 1, always above 0. */
  at(seconds: number): number {
    return this.#waves.reduce(
      (sum, { depth, period, phase }) => sum + depth * Math.sin((tau * seconds) / period + phase),
      1,
    );
  }

  /** The load summed up from 0 to `seconds`. */
  until(seconds: number): number {
    return this.#waves.reduce(
      (sum, { depth, period, phase }) =>
        sum +
        ((depth * period) / tau) * (Math.cos(phase) - Math.cos((tau * seconds) / period + phase)),
      seconds,
    );
  }
}
