import { toDisposable, type Disposable } from './disposable.ts';

/** Subscribes a listener; disposing the result unsubscribes it. Signature-compatible with `vscode.Event`. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/**
 * A list of listeners. Values fired by a listener are delivered after the current value has reached every
 * listener, so that all of them see the same order. A listener that throws is reported and does not keep the
 * others from being called.
 */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>();
  readonly #queue: T[] = [];
  readonly #onListenerError: (error: unknown) => void;
  #delivering = false;

  /** @param onListenerError is given what a listener threw; without it the error is rethrown asynchronously. */
  constructor(onListenerError: (error: unknown) => void = rethrowLater) {
    this.#onListenerError = onListenerError;
  }

  readonly event: Event<T> = (listener) => {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return toDisposable(() => this.#listeners.delete(entry));
  };

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  fire(value: T): void {
    this.#queue.push(value);
    if (this.#delivering) {
      return;
    }
    this.#delivering = true;
    try {
      // The queue grows while it is walked, and the walk goes on over what was added
      for (const next of this.#queue) {
        this.#deliver(next);
      }
    } finally {
      this.#queue.length = 0;
      this.#delivering = false;
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }

  #deliver(value: T): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) {
        continue; // unsubscribed by an earlier listener of this very value
      }
      try {
        listener.call(value);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
