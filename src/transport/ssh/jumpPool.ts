import { untilAborted } from '../../base/abort.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { SshTarget } from './sshTarget.ts';

/** What is shared: a connection to a machine on the way. */
interface Way {
  readonly isClosed: boolean;
  /** Fires once. */
  readonly onDidClose: Event<Error>;
  close(): void;
}

interface Shared<T extends Way> {
  readonly opening: Promise<T>;
  readonly abort: AbortController;
  connection: T | undefined;
  /** Those who wait for it or go through it. */
  users: number;
}

/**
 * Connections to machines on the way, shared by all that lies behind: fifty hosts behind one bastion log in there once, with
 * one touch of a key, and its MaxStartups is not reached. Closed when the last has gone.
 */
export class JumpPool<T extends Way> {
  readonly #shared = new Map<string, Shared<T>>();

  /**
   * The connection, opened now if need be. Disposing `use` says that it is not needed any more.
   * @param options - `signal` ends the waiting of this caller only; who may ask a person does not join an opening that may not
   * @param open - its signal is aborted when nobody waits any more
   * @throws what `open` throws; CancelledError
   */
  async take(
    target: SshTarget,
    { signal, mayAsk }: { readonly signal: AbortSignal; readonly mayAsk: boolean },
    open: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly connection: T; readonly use: Disposable }> {
    const machine = JSON.stringify(target);
    const slots = [`${mayAsk} ${machine}`, `${!mayAsk} ${machine}`] as const;
    const isOpen = (slot: string): boolean => this.#shared.get(slot)?.connection !== undefined;
    const slot = slots.find(isOpen) ?? slots[0];
    const shared = this.#shared.get(slot) ?? this.#begin(slot, open);
    shared.users++;
    const use = toDisposable(() => {
      if (--shared.users === 0) {
        this.#forget(slot, shared);
        shared.abort.abort(); // does nothing to one that is open
        shared.connection?.close();
      }
    });
    try {
      const what = `Connecting to ${target.alias}`;
      return { connection: await untilAborted(shared.opening, signal, what), use };
    } catch (error) {
      use.dispose();
      throw error;
    }
  }

  #begin(slot: string, open: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const abort = new AbortController();
    const shared: Shared<T> = {
      opening: open(abort.signal),
      abort,
      connection: undefined,
      users: 0,
    };
    this.#shared.set(slot, shared);
    shared.opening.then(
      (connection) => {
        if (connection.isClosed || shared.users === 0) {
          this.#forget(slot, shared);
          connection.close();
          return;
        }
        shared.connection = connection;
        connection.onDidClose(() => {
          this.#forget(slot, shared);
        });
      },
      () => {
        this.#forget(slot, shared);
      },
    );
    return shared;
  }

  /** Whoever comes next opens another. */
  #forget(slot: string, shared: Shared<T>): void {
    if (this.#shared.get(slot) === shared) {
      this.#shared.delete(slot);
    }
  }
}
