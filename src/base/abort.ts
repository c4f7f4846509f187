import { setMaxListeners } from 'node:events';
import { toDisposable, type Disposable } from './disposable.ts';
import { CancelledError } from './errors.ts';

/**
 * Calls `action` when the signal is aborted, until the result is disposed. A signal that was aborted before is
 * not waited for: ask `signal.aborted` first.
 *
 * One signal may stop hundreds of calls, so Node's warning at the eleventh listener does not apply to it.
 */
export function onAbort(signal: AbortSignal, action: () => void): Disposable {
  setMaxListeners(0, signal);
  signal.addEventListener('abort', action, { once: true });
  return toDisposable(() => {
    signal.removeEventListener('abort', action);
  });
}

/**
 * Waits for what others may wait for too: who gives up leaves it to them.
 * @param what - what is waited for, as the error's sentence begins
 * @throws CancelledError
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (!signal) {
    return promise;
  }
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      throw new CancelledError(what);
    }
    const watch = onAbort(signal, () => {
      reject(new CancelledError(what, { cause: signal.reason }));
    });
    promise.then(resolve, reject).finally(() => {
      watch.dispose();
    });
  });
}
