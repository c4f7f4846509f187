import type { Disposable } from '../base/disposable.ts';
import {
  isBoolean,
  isCount,
  isObject,
  isOneOf,
  isString,
  type Guard,
  type Guarded,
} from './guard.ts';

/** What one side of a channel may ask of the other, and tell it. */
export interface Protocol {
  readonly requests: Readonly<
    Record<string, { readonly params: Guard<unknown>; readonly result: Guard<unknown> }>
  >;
  readonly events: Readonly<Record<string, Guard<unknown>>>;
}

type Requests<P extends Protocol> = keyof P['requests'] & string;
type Events<P extends Protocol> = keyof P['events'] & string;
type Params<P extends Protocol, N extends Requests<P>> = Guarded<P['requests'][N]['params']>;
type Result<P extends Protocol, N extends Requests<P>> = Guarded<P['requests'][N]['result']>;

/** The way a channel's messages go. */
export interface Port {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): Disposable;
}

/** Answers what the other side may ask. What one throws is told to who asked, in a sentence. */
export type Handlers<P extends Protocol> = {
  readonly [N in Requests<P>]: (
    params: Params<P, N>,
    signal: AbortSignal,
  ) => Result<P, N> | Promise<Result<P, N>>;
};

/** Hears what the other side tells. */
type Listeners<P extends Protocol> = {
  readonly [N in Events<P>]: (data: Guarded<P['events'][N]>) => void;
};

export interface ChannelOptions<Ours extends Protocol, Theirs extends Protocol> {
  readonly port: Port;
  /** What we may ask and tell. */
  readonly ours: Ours;
  /** What they may. */
  readonly theirs: Theirs;
  readonly handlers: Handlers<Theirs>;
  readonly listeners: Listeners<Theirs>;
  /** A clock of `src/base` will do; a page has its own. */
  readonly timers: { after(delayMs: number, action: () => void): Disposable };
  /** A message came that is none of the contract's. It was ignored. */
  readonly onBadMessage: (what: string) => void;
}

/** Why a request has no result. */
export class ChannelError extends Error {
  readonly kind: 'failed' | 'timeout' | 'cancelled' | 'closed' | 'malformed';

  constructor(kind: ChannelError['kind'], message: string) {
    super(message);
    this.name = 'ChannelError';
    this.kind = kind;
  }
}

interface Pending {
  readonly isResult: Guard<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ChannelError) => void;
}

const isEnvelope = isObject({ kind: isOneOf(['request', 'cancel', 'reply', 'event']) });
const isRequest = isObject({ id: isCount, name: isString });
const isCancel = isObject({ id: isCount });
const isReply = isObject({ id: isCount, ok: isBoolean }, { error: isString });
const isEvent = isObject({ name: isString });

const defaultTimeoutMs = 30_000;

/**
 * Messages between two sides that cannot trust each other to be of the same build: requests with one answer each,
 * and events. Everything that comes in is guarded. Requests always end: by their result, an error, their deadline,
 * their signal or {@link dispose}.
 */
export class Channel<Ours extends Protocol, Theirs extends Protocol> implements Disposable {
  readonly #options: ChannelOptions<Ours, Theirs>;
  readonly #subscription: Disposable;
  readonly #pending = new Map<number, Pending>();
  /** What is being answered, to be aborted. */
  readonly #answering = new Map<number, AbortController>();
  #lastId = 0;
  #isDisposed = false;

  constructor(options: ChannelOptions<Ours, Theirs>) {
    this.#options = options;
    this.#subscription = options.port.onMessage((message) => {
      this.#receive(message);
    });
  }

  /** Tells the other side something. Does nothing once disposed. */
  emit<N extends Events<Ours>>(name: N, data: Guarded<Ours['events'][N]>): void {
    this.#post({ kind: 'event', name, data });
  }

  /** Asks the other side. @throws ChannelError whatever the reason is. */
  request<N extends Requests<Ours>>(
    name: N,
    params: Params<Ours, N>,
    {
      signal,
      timeoutMs = defaultTimeoutMs,
    }: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
  ): Promise<Result<Ours, N>> {
    if (this.#isDisposed) {
      return Promise.reject(new ChannelError('closed', `${name}: the channel is closed.`));
    }
    if (signal?.aborted) {
      return Promise.reject(new ChannelError('cancelled', `${name} was cancelled.`));
    }
    const id = ++this.#lastId;
    return new Promise<unknown>((resolve, reject) => {
      const giveUp = (kind: 'timeout' | 'cancelled', message: string): void => {
        this.#post({ kind: 'cancel', id });
        settle(id, () => {
          reject(new ChannelError(kind, message));
        });
      };
      const deadline = this.#options.timers.after(timeoutMs, () => {
        giveUp('timeout', `${name} had no answer within ${timeoutMs / 1_000} s.`);
      });
      const onAbort = (): void => {
        giveUp('cancelled', `${name} was cancelled.`);
      };
      const settle = (of: number, how: () => void): void => {
        this.#pending.delete(of);
        deadline.dispose();
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, {
        isResult: this.#options.ours.requests[name]?.result ?? isNever,
        resolve: (result) => {
          settle(id, () => {
            resolve(result);
          });
        },
        reject: (error) => {
          settle(id, () => {
            reject(error);
          });
        },
      });
      this.#post({ kind: 'request', id, name, params });
    }) as Promise<Result<Ours, N>>;
  }

  /** Ends all requests, ours with an error and theirs by their signal. */
  dispose(): void {
    if (this.#isDisposed) {
      return;
    }
    this.#isDisposed = true;
    this.#subscription.dispose();
    for (const pending of [...this.#pending.values()]) {
      pending.reject(new ChannelError('closed', 'The channel was closed.'));
    }
    for (const answering of this.#answering.values()) {
      answering.abort();
    }
    this.#answering.clear();
  }

  #post(message: unknown): void {
    if (!this.#isDisposed) {
      this.#options.port.post(message);
    }
  }

  #receive(message: unknown): void {
    if (!isEnvelope(message)) {
      this.#options.onBadMessage('a message without a kind');
      return;
    }
    // What else is in it each kind looks at by itself
    const rest: unknown = message;
    switch (message.kind) {
      case 'request':
        if (isRequest(rest)) {
          void this.#answer(rest.id, rest.name, (rest as { readonly params?: unknown }).params);
          return;
        }
        break;
      case 'cancel':
        if (isCancel(rest)) {
          this.#answering.get(rest.id)?.abort();
          return;
        }
        break;
      case 'reply':
        if (isReply(rest)) {
          this.#settle(
            rest.id,
            rest.ok,
            rest.error,
            (rest as { readonly result?: unknown }).result,
          );
          return;
        }
        break;
      case 'event':
        if (isEvent(rest)) {
          this.#hear(rest.name, (rest as { readonly data?: unknown }).data);
          return;
        }
        break;
    }
    this.#options.onBadMessage(`a ${message.kind} that is none`);
  }

  async #answer(id: number, name: string, params: unknown): Promise<void> {
    const { theirs, handlers, onBadMessage } = this.#options;
    const row = Object.hasOwn(theirs.requests, name) ? theirs.requests[name] : undefined;
    if (!row?.params(params)) {
      onBadMessage(`the request ${name}`);
      this.#post({ kind: 'reply', id, ok: false, error: `${name} is not asked like that.` });
      return;
    }
    const answering = new AbortController();
    this.#answering.set(id, answering);
    try {
      const handler = handlers[name] as (params: unknown, signal: AbortSignal) => unknown;
      const result = await handler(params, answering.signal);
      this.#post({ kind: 'reply', id, ok: true, result });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#post({ kind: 'reply', id, ok: false, error: text });
    } finally {
      this.#answering.delete(id);
    }
  }

  #settle(id: number, ok: boolean, error: string | undefined, result: unknown): void {
    const pending = this.#pending.get(id);
    if (!pending) {
      return; // its end was not waited for
    }
    if (!ok) {
      pending.reject(new ChannelError('failed', error ?? 'It failed.'));
    } else if (pending.isResult(result)) {
      pending.resolve(result);
    } else {
      this.#options.onBadMessage('the result of a request');
      pending.reject(new ChannelError('malformed', 'The answer is not what was asked for.'));
    }
  }

  #hear(name: string, data: unknown): void {
    const { theirs, listeners, onBadMessage } = this.#options;
    const guard = Object.hasOwn(theirs.events, name) ? theirs.events[name] : undefined;
    if (!guard?.(data)) {
      onBadMessage(`the event ${name}`);
      return;
    }
    (listeners[name] as (data: unknown) => void)(data);
  }
}

const isNever: Guard<unknown> = (value): value is unknown => value === isNever;
