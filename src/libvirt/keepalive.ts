import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';

export interface KeepaliveOptions {
  /** Silence after which we ask whether the other side is alive. */
  readonly intervalMs: number;
  /** How long it may take to answer. */
  readonly timeoutMs: number;
}

/**
 * Tells whether the other side of a connection still answers. Any byte that arrives is a sign of life; only
 * after a silence do we ask.
 */
export class Keepalive implements Disposable {
  readonly #clock: Clock;
  readonly #options: KeepaliveOptions;
  readonly #sendPing: () => void;
  readonly #changed = new Emitter<boolean>();
  #heardAt: number;
  #alive = true;
  #isReading = true;
  #isDisposed = false;
  #timer: Disposable | undefined;

  /** Fires false when an answer is overdue, and true when bytes arrive again. */
  readonly onDidChange = this.#changed.event;

  constructor(clock: Clock, options: KeepaliveOptions, sendPing: () => void) {
    this.#clock = clock;
    this.#options = options;
    this.#sendPing = sendPing;
    this.#heardAt = clock.monotonic();
    this.#schedule(options.intervalMs);
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  /** Bytes arrived. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
    if (!this.#alive) {
      this.#alive = true;
      this.#changed.fire(true);
    }
  }

  /** While we do not read, silence says nothing about the other side. */
  setReading(isReading: boolean): void {
    if (isReading && !this.#isReading) {
      this.#heardAt = this.#clock.monotonic();
    }
    this.#isReading = isReading;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
    this.#changed.dispose();
  }

  #schedule(delayMs: number): void {
    if (this.#isDisposed) {
      return; // by a listener that was told of the silence
    }
    this.#timer = this.#clock.after(delayMs, () => {
      const silence = this.#isReading ? this.#clock.monotonic() - this.#heardAt : 0;
      const { intervalMs } = this.#options;
      if (silence < intervalMs) {
        this.#schedule(intervalMs - silence);
      } else {
        this.#ask();
      }
    });
  }

  #ask(): void {
    const askedAt = this.#clock.monotonic();
    this.#sendPing();
    this.#timer = this.#clock.after(this.#options.timeoutMs, () => {
      // Had we been too busy to read, the answer would lie in the socket: it is read before we judge
      this.#clock.soon(() => {
        this.#judge(askedAt);
      });
    });
  }

  #judge(askedAt: number): void {
    if (this.#isDisposed) {
      return;
    }
    if (this.#heardAt < askedAt && this.#isReading && this.#alive) {
      this.#alive = false;
      this.#changed.fire(false);
    }
    this.#schedule(this.#options.intervalMs);
  }
}
