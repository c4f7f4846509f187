import { setMaxListeners } from 'node:events';
import { toDisposable, type Disposable } from './disposable.ts';

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
