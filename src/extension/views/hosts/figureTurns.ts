import type { Clock } from '../../../base/clock.ts';
import type { Disposable } from '../../../base/disposable.ts';

/** A list is read for its states; its figures are good enough at this pace. The dashboard is for those who watch them. */
const everyMs = 5_000;
/** One change of state is often followed by others: figures stay out of their way for so long… */
const quietMs = 3_000;
/** …but are never held back longer than this. */
const longestMs = 15_000;

/**
 * When figures are drawn: those of all hosts together, and not while states are changing. The editor holds back
 * whatever comes within 200 ms of a redraw, so each redraw of figures may delay the news that somebody waits for.
 */
export class FigureTurns implements Disposable {
  readonly #clock: Clock;
  readonly #draw: () => void;
  #timer: Disposable | undefined;
  #askedAt = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, draw: () => void) {
    this.#clock = clock;
    this.#draw = draw;
  }

  /** There are new figures. */
  ask(): void {
    if (!this.#timer) {
      this.#askedAt = this.#clock.monotonic();
      this.#wait();
    }
  }

  /** A state changed, and is drawn now. */
  stateChanged(): void {
    this.#quietUntil = this.#clock.monotonic() + quietMs;
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #wait(): void {
    const now = this.#clock.monotonic();
    const until = Math.max(
      this.#drawnAt + everyMs,
      Math.min(this.#quietUntil, this.#askedAt + longestMs),
    );
    this.#timer = this.#clock.after(Math.max(0, until - now), () => {
      this.#timer = undefined;
      const isQuiet = this.#clock.monotonic() >= this.#quietUntil;
      if (!isQuiet && this.#clock.monotonic() < this.#askedAt + longestMs) {
        this.#wait();
        return;
      }
      this.#drawnAt = this.#clock.monotonic();
      this.#draw();
    });
  }
}
