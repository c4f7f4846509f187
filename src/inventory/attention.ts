import { toDisposable, type Disposable } from '../base/disposable.ts';

/** What somebody who looks wants to see. */
export interface Interest {
  /** How often, in milliseconds. */
  readonly intervalMs: number;
  /** A mask of `statsGroup`. */
  readonly groups: number;
  /** A person looks: what libvirt sends no event for is read again every minute. */
  readonly isVisible: boolean;
}

/** Groups of figures that are read equally often. */
interface Pace {
  readonly intervalMs: number;
  /** A mask of `statsGroup`. */
  readonly groups: number;
}

/** What all who look want together. */
export interface Wanted {
  /** The shortest interval. */
  readonly intervalMs: number;
  /** Each group once, at the shortest interval that somebody wants it at; the shortest first. */
  readonly paces: readonly Pace[];
  /** A person looks. */
  readonly isVisible: boolean;
}

/** Collects what all who look want: nothing is asked for that nobody sees. */
export class Attention {
  readonly #interests = new Set<Interest>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Counts as long as the result is not disposed. */
  add(interest: Interest): Disposable {
    this.#interests.add(interest);
    this.#onChange();
    return toDisposable(() => {
      this.#interests.delete(interest);
      this.#onChange();
    });
  }

  /** Undefined while nobody looks. */
  get current(): Wanted | undefined {
    const [fastest, ...others] = [...this.#interests].sort((a, b) => a.intervalMs - b.intervalMs);
    if (!fastest) {
      return undefined;
    }
    const paces: Pace[] = [];
    let known = 0;
    for (const { intervalMs, groups } of [fastest, ...others]) {
      if ((groups & ~known) !== 0) {
        paces.push({ intervalMs, groups: groups & ~known });
        known |= groups;
      }
    }
    const isVisible = [fastest, ...others].some((interest) => interest.isVisible);
    return { intervalMs: fastest.intervalMs, paces, isVisible };
  }
}
