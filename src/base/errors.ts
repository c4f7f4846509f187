/** The caller gave up waiting (its signal was aborted). Never shown to a person. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';

  constructor(what: string, options?: ErrorOptions) {
    super(`${what} was cancelled.`, options);
  }

  /** Told by its mark and not by its class, which a part that is loaded later has a copy of (see esbuild.mjs). */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === CancelledError
      ? value instanceof Error && value.name === 'CancelledError'
      : Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What was thrown, as an `Error`. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
