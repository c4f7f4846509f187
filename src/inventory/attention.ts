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

  /** The shortest interval and all groups asked for; undefined while nobody looks. */
  get current(): Interest | undefined {
    if (this.#interests.size === 0) {
      return undefined;
    }
    const interests = [...this.#interests];
    return {
      intervalMs: Math.min(...interests.map((interest) => interest.intervalMs)),
      groups: interests.reduce((mask, interest) => mask | interest.groups, 0),
      isVisible: interests.some((interest) => interest.isVisible),
    };
  }
}
