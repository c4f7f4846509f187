/** Prints each step with how long it took. */
export class Steps {
  readonly #begin = performance.now();
  #total = 0;

  /** Runs a step and prints its name and seconds when it is done. */
  async run<T>(name: string, step: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await step();
    console.log(`  ${name.padEnd(32)} ${((performance.now() - start) / 1000).toFixed(1)} s`);
    this.#total++;
    return result;
  }

  /** Says how many steps there were and what they took together. */
  end(): void {
    const seconds = ((performance.now() - this.#begin) / 1000).toFixed(1);
    console.log(`${this.#total} steps in ${seconds} s`);
  }
}
