import { onAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { CancelledError } from '../base/errors.ts';
import type { HostSession } from '../inventory/hostSession.ts';
import { isActive } from '../model/domain.ts';
import { isReachable } from '../model/host.ts';

/** What a guest made of the request to shut down. */
export type ShutdownEnd =
  /** It went off, even if somebody has started it again since. */
  | { readonly status: 'off' }
  /** It still runs: it ignores the request, or takes its time. */
  | { readonly status: 'ignored' }
  /** Somebody deleted the VM meanwhile. */
  | { readonly status: 'gone' }
  /** The host is not connected any more, so nobody can tell. */
  | { readonly status: 'lost' };

/**
 * Waits for what a guest makes of a request to shut down, following the session's events.
 * @param options.timeoutMs after which a guest that still runs counts as ignoring it, in milliseconds
 * @throws CancelledError if the signal is aborted first.
 */
export function watchShutdown(
  session: HostSession,
  uuid: string,
  options: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<ShutdownEnd> {
  const before = session.snapshot.domains.get(uuid);
  const look = (): ShutdownEnd | undefined => {
    const { domains, status } = session.snapshot;
    const now = domains.get(uuid);
    if (!now) {
      // One without a definition vanishes by going off
      return { status: before?.persistent === false ? 'off' : 'gone' };
    }
    if (!isActive(now.state) || now.id !== before?.id) {
      return { status: 'off' };
    }
    return isReachable(status) ? undefined : { status: 'lost' };
  };
  return new Promise((resolve, reject) => {
    const already = look();
    if (already) {
      resolve(already);
      return;
    }
    const { signal, clock, timeoutMs } = options;
    const disposables = new DisposableStore();
    const cancel = (): void => {
      disposables.dispose();
      reject(new CancelledError('Waiting for a VM to shut down', { cause: signal?.reason }));
    };
    if (signal?.aborted) {
      cancel();
      return;
    }
    if (signal) {
      disposables.add(onAbort(signal, cancel));
    }
    const end = (how: ShutdownEnd): void => {
      disposables.dispose();
      resolve(how);
    };
    disposables.add(
      session.onDidChange(() => {
        const found = look();
        if (found) {
          end(found);
        }
      }),
    );
    disposables.add(
      clock.after(timeoutMs, () => {
        end({ status: 'ignored' });
      }),
    );
  });
}
