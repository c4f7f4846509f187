import type { Clock } from '../../../base/clock.ts';
import type { Disposable } from '../../../base/disposable.ts';
import type { TreeNode } from './nodes.ts';

/**
 * The editor gathers refreshes until none has come for 200 ms, so a steady stream of them would never be drawn:
 * the first goes out at once, later ones together after this pause.
 */
const pauseMs = 210;

/** Gathers what has to be redrawn. */
export class RefreshBatch implements Disposable {
  readonly #clock: Clock;
  readonly #flush: (nodes: ReadonlySet<TreeNode> | undefined) => void;
  #nodes = new Set<TreeNode>();
  #everything = false;
  #timer: Disposable | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #isQueued = false;

  /** @param flush is given the nodes, or undefined for everything */
  constructor(clock: Clock, flush: (nodes: ReadonlySet<TreeNode> | undefined) => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** Undefined asks for everything. */
  add(node: TreeNode | undefined): void {
    if (node) {
      this.#nodes.add(node);
    } else {
      this.#everything = true;
    }
    if (this.#timer || this.#isQueued) {
      return;
    }
    const waitMs = this.#flushedAt + pauseMs - this.#clock.monotonic();
    if (waitMs <= 0) {
      // After this turn, with all that it changes
      this.#isQueued = true;
      queueMicrotask(() => {
        this.#isQueued = false;
        this.#go();
      });
    } else {
      this.#timer = this.#clock.after(waitMs, () => {
        this.#timer = undefined;
        this.#go();
      });
    }
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #go(): void {
    const nodes = this.#everything ? undefined : this.#nodes;
    this.#nodes = new Set();
    this.#everything = false;
    this.#flushedAt = this.#clock.monotonic();
    this.#flush(nodes);
  }
}
