import { Duplex, type Readable, type Writable } from 'node:stream';

/** The input and output of a program as one stream. Destroying it calls `kill`. */
export class ProcessStream extends Duplex {
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #kill: () => void;

  constructor(input: Writable, output: Readable, kill: () => void) {
    super({ allowHalfOpen: true });
    this.#input = input;
    this.#output = output;
    this.#kill = kill;
    // A program that has ended takes no more: its output's end says so to whoever reads.
    input.on('error', () => undefined);
    output.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) {
        output.pause();
      }
    });
    output.on('end', () => {
      this.push(null);
      this.end();
    });
    output.on('error', (error: Error) => {
      this.destroy(error);
    });
  }

  override _read(): void {
    this.#output.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#input.destroyed || !this.#input.writable) {
      done();
    } else if (this.#input.write(chunk)) {
      done();
    } else {
      this.#whenDrained(done);
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#input.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#input.destroy();
    this.#output.destroy();
    this.#kill();
    done(error);
  }

  #whenDrained(done: () => void): void {
    const go = (): void => {
      this.#input.off('drain', go).off('close', go);
      done();
    };
    this.#input.on('drain', go).on('close', go);
  }
}
