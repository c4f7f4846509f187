import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';

/**
 * Notices that nothing comes from the other side any more. It is asked for a sign of life all the while, so silence
 * means that it, or the network in between, is gone; any byte counts, since under load the answers wait behind others.
 */
export class PeerWatch implements Disposable {
  /** How often the peer is asked. */
  static readonly askEveryMs = 1_300;
  /** Noticed, told and a new attempt begun within five seconds. */
  static readonly longestSilenceMs = 4_000;
  static readonly #lookEveryMs = 400;
  /** After this machine itself stood still (sleep, a debugger), the peer gets the time to answer once. */
  static readonly #graceMs = 2_600;

  readonly #socket: Duplex;
  readonly #clock: Clock;
  readonly #onSilence: (silentMs: number) => void;
  readonly #onData: () => void;
  #heardAt: number;
  #lookedAt: number;
  #timer: Disposable | undefined;

  constructor(socket: Duplex, clock: Clock, onSilence: (silentMs: number) => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#onSilence = onSilence;
    this.#heardAt = clock.monotonic();
    this.#lookedAt = this.#heardAt;
    this.#onData = () => {
      this.#heardAt = clock.monotonic();
    };
    socket.on('data', this.#onData);
    this.#schedule();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#socket.off('data', this.#onData);
  }

  #schedule(): void {
    this.#timer = this.#clock.after(PeerWatch.#lookEveryMs, () => {
      this.#look();
    });
  }

  #look(): void {
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt > PeerWatch.#lookEveryMs + 1_000) {
      const earliest = now - PeerWatch.longestSilenceMs + PeerWatch.#graceMs;
      this.#heardAt = Math.max(this.#heardAt, earliest);
    }
    this.#lookedAt = now;
    if (now - this.#heardAt >= PeerWatch.longestSilenceMs) {
      this.dispose();
      this.#onSilence(now - this.#heardAt);
    } else {
      this.#schedule();
    }
  }
}
