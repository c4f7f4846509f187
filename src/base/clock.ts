import { toDisposable, type Disposable } from './disposable.ts';

/**
 * The only source of time in the core. Tests pass a clock they move by hand.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start; for intervals and deadlines. */
  monotonic(): number;
  /** Calls `action` once after `delayMs`; disposing the result before that prevents it. */
  after(delayMs: number, action: () => void): Disposable;
  /** Calls `action` as soon as pending input and output of the event loop was served. */
  soon(action: () => void): void;
}

/** 24.8 days; a longer timer would go off at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Does one thing each time that input and output were served: many that ask for a turn at once would otherwise have
 * theirs one after the other, and hold up the rest as long as if nobody had asked.
 */
function turnByTurn(): (action: () => void) => void {
  const waiting: (() => void)[] = [];
  const next = (): void => {
    const action = waiting.shift();
    if (waiting.length > 0) {
      setImmediate(next);
    }
    action?.();
  };
  return (action) => {
    waiting.push(action);
    if (waiting.length === 1) {
      setImmediate(next);
    }
  };
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, action) => {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (leftMs: number): void => {
      timer =
        leftMs > longestTimerMs
          ? setTimeout(() => {
              wait(leftMs - longestTimerMs);
            }, longestTimerMs)
          : setTimeout(action, leftMs);
    };
    wait(delayMs);
    return toDisposable(() => {
      clearTimeout(timer);
    });
  },
  soon: turnByTurn(),
};

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      timer.dispose();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
