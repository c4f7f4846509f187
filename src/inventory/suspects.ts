import type { Clock } from '../base/clock.ts';

interface Suspect {
  /** A call about it is at the daemon and has not returned. */
  waiting: boolean;
  /** It was found not to answer. */
  hanging: boolean;
  /** How often that happened of late. */
  offences: number;
  /** Monotonic milliseconds until which it is asked by itself although it answers. */
  apartUntil: number;
}

/** A VM that hung is asked by itself for this long, doubling with each further time. */
const apart = { firstMs: 10_000, maxMs: 300_000 };

/** Which VMs are asked for statistics by themselves, since they hang or did a moment ago. */
export class Suspects {
  readonly #clock: Clock;
  readonly #suspects = new Map<string, Suspect>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Must not be asked together with others. */
  isApart(uuid: string): boolean {
    const suspect = this.#suspects.get(uuid);
    if (!suspect) {
      return false;
    }
    if (suspect.waiting || suspect.hanging || this.#clock.monotonic() < suspect.apartUntil) {
      return true;
    }
    this.#suspects.delete(uuid);
    return false;
  }

  /** Is asked by itself, and no earlier call about it is still out. */
  mayBeAsked(uuid: string): boolean {
    const suspect = this.#suspects.get(uuid);
    return suspect !== undefined && !suspect.waiting && this.isApart(uuid);
  }

  /** It was in a batch that did not return. */
  add(uuid: string): void {
    if (!this.#suspects.has(uuid)) {
      this.#suspects.set(uuid, { waiting: false, hanging: false, offences: 0, apartUntil: 0 });
    }
  }

  /** It was found not to answer, and nothing at the daemon watches it: the connection then was another one. */
  remember(uuid: string): void {
    this.add(uuid);
    this.#update(uuid, (suspect) => {
      suspect.hanging = true;
    });
  }

  asked(uuid: string): void {
    this.add(uuid);
    this.#update(uuid, (suspect) => {
      suspect.waiting = true;
    });
  }

  /** No call about it is out: none was made, or it was lost with its connection. */
  notAsked(uuid: string): void {
    this.#update(uuid, (suspect) => {
      suspect.waiting = false;
    });
  }

  /** A call about it is overdue. @returns whether that is news. */
  hangs(uuid: string): boolean {
    this.add(uuid);
    let isNews = false;
    this.#update(uuid, (suspect) => {
      isNews = !suspect.hanging;
      suspect.waiting = true;
      suspect.hanging = true;
    });
    return isNews;
  }

  /** It answered. @returns whether it was found not to before. */
  answers(uuid: string): boolean {
    let wasHanging = false;
    this.#update(uuid, (suspect) => {
      wasHanging = suspect.hanging;
      suspect.waiting = false;
      suspect.hanging = false;
      if (wasHanging) {
        const apartMs = Math.min(apart.maxMs, apart.firstMs * 2 ** suspect.offences);
        suspect.offences++;
        suspect.apartUntil = this.#clock.monotonic() + apartMs;
      }
    });
    return wasHanging;
  }

  /** Forgets those that are not active any more. */
  keepOnly(uuids: ReadonlySet<string>): void {
    for (const uuid of [...this.#suspects.keys()]) {
      if (!uuids.has(uuid)) {
        this.#suspects.delete(uuid);
      }
    }
  }

  #update(uuid: string, change: (suspect: Suspect) => void): void {
    const suspect = this.#suspects.get(uuid);
    if (suspect) {
      change(suspect);
    }
  }
}
