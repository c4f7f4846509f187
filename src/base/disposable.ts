/** Something that holds a resource until it is disposed. Signature-compatible with `vscode.Disposable`. */
export interface Disposable {
  dispose(): void;
}

/** Wraps a function as a {@link Disposable} that runs it at most once. */
export function toDisposable(dispose: () => void): Disposable {
  let done = false;
  return {
    dispose: () => {
      if (!done) {
        done = true;
        dispose();
      }
    },
  };
}

/**
 * Collects disposables and disposes them in reverse order. Something added after disposal is disposed at
 * once, so a late arrival never leaks. A member that throws does not keep the others from being disposed.
 */
export class DisposableStore implements Disposable {
  readonly #members: Disposable[] = [];
  #disposed = false;

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Takes charge of `member` and returns it. */
  add<T extends Disposable>(member: T): T {
    if (this.#disposed) {
      member.dispose();
    } else {
      this.#members.push(member);
    }
    return member;
  }

  /** @throws AggregateError after all members were disposed, if any of them threw. */
  dispose(): void {
    this.#disposed = true;
    const errors: unknown[] = [];
    for (let member = this.#members.pop(); member; member = this.#members.pop()) {
      try {
        member.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      throw new AggregateError(errors, 'Some resources could not be released.');
    }
  }
}
