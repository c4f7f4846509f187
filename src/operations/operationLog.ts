import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';
import { scopedLog, type Log } from '../base/log.ts';

/** What an operation is about. */
export interface OperationTarget {
  /** Such as `start`; see `vmActions`. */
  readonly action: string;
  readonly host: string;
  readonly uuid: string;
  /** The VM's name when it began. */
  readonly name: string;
}

/** How an operation ended: the result that an action returns, as far as all of them agree. */
export interface OperationResult {
  /** `done`, `requested`, `refused`, `failed`, `unknown`, `cancelled`. */
  readonly status: string;
  /** A sentence, of what did not go well. */
  readonly reason?: string;
}

/** Something that was begun on a VM. Never changes; a later moment is another object of the same id. */
export interface Operation extends OperationTarget {
  /** `op-1`, `op-2`, …: in the log, its lines begin with it. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** From 0 to 1; undefined while nothing tells. */
  readonly progress: number | undefined;
  /** Undefined while it runs, as the next. */
  readonly endedAt: number | undefined;
  readonly result: OperationResult | undefined;
}

/** An operation in the hands of who carries it out. */
export interface RunningOperation {
  readonly id: string;
  /** Lines begin with the id. */
  readonly log: Log;
  /** Aborted when somebody cancels it. */
  readonly signal: AbortSignal;
  /** @param fraction how much is done, from 0 to 1 */
  progress(fraction: number): void;
  /** Does nothing the second time. */
  end(result: OperationResult): void;
}

const maxEnded = 200;

/** What is being done to VMs and how the latest of it ended, for those who show it. In memory only. */
export class OperationLog implements Disposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #running = new Map<string, { operation: Operation; readonly cancel: AbortController }>();
  /** The latest last. */
  readonly #ended: Operation[] = [];
  readonly #changes = new Emitter<Operation>();
  #lastNumber = 0;

  /** Fires with an operation that began, went on or ended. */
  readonly onDidChange = this.#changes.event;

  constructor(options: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Those that run, the oldest first. */
  get running(): readonly Operation[] {
    return [...this.#running.values()].map(({ operation }) => operation);
  }

  /** The latest that ended, newest first; no more than 200. */
  get ended(): readonly Operation[] {
    return [...this.#ended].reverse();
  }

  /** Those that run on one VM, the oldest first. */
  runningOn(host: string, uuid: string): readonly Operation[] {
    return this.running.filter((operation) => operation.host === host && operation.uuid === uuid);
  }

  /** The one that ended last on a VM; undefined if that was too long ago, or never. */
  lastOn(host: string, uuid: string): Operation | undefined {
    return this.#ended.findLast((operation) => operation.host === host && operation.uuid === uuid);
  }

  begin(target: OperationTarget): RunningOperation {
    const id = `op-${++this.#lastNumber}`;
    const { action, host, uuid, name } = target;
    const cancel = new AbortController();
    const log = scopedLog(this.#log, id);
    this.#running.set(id, {
      operation: {
        ...{ id, action, host, uuid, name },
        startedAt: this.#clock.now(),
        progress: undefined,
        endedAt: undefined,
        result: undefined,
      },
      cancel,
    });
    log.info(`${action} ${name} on ${host} (${uuid})`);
    this.#report(id);
    return {
      id,
      log,
      signal: cancel.signal,
      progress: (fraction) => {
        this.#update(id, { progress: Math.min(1, Math.max(0, fraction)) });
      },
      end: (result) => {
        this.#end(id, result, log);
      },
    };
  }

  /** Asks whoever carries an operation out to stop. It goes on to run until it ends. */
  cancel(id: string): void {
    this.#running.get(id)?.cancel.abort();
  }

  dispose(): void {
    for (const { cancel } of this.#running.values()) {
      cancel.abort();
    }
    this.#changes.dispose();
  }

  #update(id: string, change: Partial<Operation>): void {
    const entry = this.#running.get(id);
    if (entry) {
      entry.operation = { ...entry.operation, ...change };
      this.#report(id);
    }
  }

  #report(id: string): void {
    const entry = this.#running.get(id);
    if (entry) {
      this.#changes.fire(entry.operation);
    }
  }

  #end(id: string, { status, reason }: OperationResult, log: Log): void {
    const entry = this.#running.get(id);
    if (!entry) {
      return;
    }
    this.#running.delete(id);
    const ended: Operation = {
      ...entry.operation,
      endedAt: this.#clock.now(),
      // Only what is shown: a result may hold a definition with its secrets
      result: reason === undefined ? { status } : { status, reason },
    };
    this.#ended.push(ended);
    if (this.#ended.length > maxEnded) {
      this.#ended.shift();
    }
    log.info(reason === undefined ? status : `${status}: ${reason}`);
    this.#changes.fire(ended);
  }
}
