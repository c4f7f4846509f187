import { DisposableStore, toDisposable } from './disposable.ts';
import { toError } from './errors.ts';
import type { Event } from './event.ts';

/**
 * Resolves when the condition holds, which is looked at now and whenever the event fires.
 * @throws what the signal was aborted with
 */
export function untilTrue(
  event: Event<unknown>,
  isTrue: () => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isTrue()) {
      resolve();
      return;
    }
    const disposables = new DisposableStore();
    disposables.add(
      event(() => {
        if (isTrue()) {
          disposables.dispose();
          resolve();
        }
      }),
    );
    const onAbort = (): void => {
      disposables.dispose();
      reject(toError(signal?.reason));
    };
    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    disposables.add(toDisposable(() => signal?.removeEventListener('abort', onAbort)));
  });
}
