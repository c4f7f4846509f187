import type { Clock } from '../../base/clock.ts';
import { messageOf, toError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { mapLimited } from '../../base/limit.ts';
import type { HostSession } from '../../inventory/hostSession.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { guardAction, type VmAction } from '../../operations/guards.ts';
import type { LifecycleOptions, LifecycleResult } from '../../operations/lifecycle.ts';
import type { OperationLog, RunningOperation } from '../../operations/operationLog.ts';
import type { L10n } from '../l10n.ts';
import type { VmTarget } from '../selection.ts';
import type { VmActivity } from '../views/hosts/vmRow.ts';
import { worksBeside } from './besideOthers.ts';
import type { Choice, Prompter, Question } from './prompter.ts';
import { shorten, summarize, type NotDone } from './summary.ts';
import { keyOf, type VmActivities } from './vmActivities.ts';
import type { ActionWords } from './vmActionTable.ts';

/** An action with all that is needed to carry it out on any VM. */
export interface RunnableAction {
  readonly action: VmAction;
  readonly words: ActionWords;
  readonly canCancel?: boolean;
  /** Asked before anything is done, with the names of those it can be done to. */
  readonly confirm?: ((names: readonly string[]) => Question) | undefined;
  run(session: HostSession, uuid: string, options: LifecycleOptions): Promise<LifecycleResult>;
}

/** How an action on one of several VMs ended. */
export interface TargetOutcome {
  readonly target: VmTarget;
  readonly name: string;
  readonly result: LifecycleResult;
}

export interface ActionRunnerOptions {
  readonly inventory: Inventory;
  readonly activities: VmActivities;
  readonly prompter: Prompter;
  readonly clock: Clock;
  readonly operations: OperationLog;
  readonly l10n: L10n;
  /** Whether the person can see the rows, where failures are shown. */
  readonly isViewVisible: () => boolean;
  readonly showHosts: () => unknown;
  readonly showLog: () => unknown;
}

/** Something that is being done to a VM. */
interface Operation {
  readonly record: RunningOperation;
  /** Whether it can be stopped, or has not begun yet. */
  canCancel: boolean;
  activity: VmActivity;
  /** Something was done over its head; how it ends is no news any more. */
  isSuperseded: boolean;
}

/** A daemon serves few calls at a time, and others need some too. */
const atATimePerHost = 4;

/** Carries actions out on one VM or many, shows them in the rows meanwhile, and says what was not done. */
export class ActionRunner {
  readonly #options: ActionRunnerOptions;
  /** By VM, in the order they began. */
  readonly #running = new Map<string, Operation[]>();
  readonly #didBegin = new Emitter<{ readonly target: VmTarget; readonly action: VmAction }>();

  /** Fires when something is about to be done to a VM. */
  readonly onDidBegin = this.#didBegin.event;

  constructor(options: ActionRunnerOptions) {
    this.#options = options;
  }

  /** Why an action cannot be done to a VM now, in a sentence; undefined if it can. */
  refusal(action: VmAction, { host, uuid }: VmTarget): string | undefined {
    const { inventory, l10n } = this.#options;
    const session = inventory.session(host);
    if (!session) {
      return l10n.t('Its host is not configured any more.');
    }
    const { domains, status } = session.snapshot;
    const reason = guardAction(action, domains.get(uuid), status);
    if (reason !== undefined) {
      return l10n.t(reason);
    }
    const busy = this.#running.get(keyOf({ host, uuid }))?.at(-1);
    return busy && !worksBeside(action)
      ? l10n.t('Something else is being done to it: {0}.', busy.activity.text)
      : undefined;
  }

  /** What a person calls a VM. */
  nameOf({ host, uuid }: VmTarget): string {
    return this.#options.inventory.session(host)?.domain(uuid)?.name ?? uuid;
  }

  /**
   * Does an action to VMs: those it cannot be done to are left out, the others are asked about if the action
   * must be confirmed. All that was not done is told in the rows, and in one notification where that is needed.
   * @returns how each ended, in the order of the targets; empty if the person chose the safe answer.
   */
  async run(
    action: RunnableAction,
    targets: readonly VmTarget[],
  ): Promise<readonly TargetOutcome[]> {
    const refusals = new Map(
      targets.map((target) => [target, this.refusal(action.action, target)] as const),
    );
    const possible = targets.filter((target) => refusals.get(target) === undefined);
    const names = possible.map((target) => this.nameOf(target));
    if (action.confirm && possible.length > 0) {
      const question = action.confirm(names);
      if ((await this.#options.prompter.ask(question)) === undefined) {
        return [];
      }
    }
    // Nothing is done to a VM that the question did not name, whatever became possible while it was open
    const outcomes = await this.#runAll(action, targets, refusals);
    this.#tell(action.words, outcomes);
    return outcomes;
  }

  /** Stops what is being done to a VM, if that is possible. */
  cancel(target: VmTarget): void {
    const { l10n } = this.#options;
    for (const operation of this.#running.get(keyOf(target)) ?? []) {
      if (operation.canCancel) {
        operation.canCancel = false;
        this.#update(target, operation, { text: l10n.t('cancelling'), canCancel: false });
        this.#options.operations.cancel(operation.record.id);
      }
    }
  }

  async #runAll(
    action: RunnableAction,
    targets: readonly VmTarget[],
    refusals: ReadonlyMap<VmTarget, string | undefined>,
  ): Promise<readonly TargetOutcome[]> {
    const byHost = groupByHost(targets);
    const outcomes = new Map<VmTarget, TargetOutcome>();
    await Promise.all(
      [...byHost.values()].map(async (ofHost) => {
        // All are marked at once, so that nothing else is begun on those that wait for their turn
        const begun = ofHost.map((target) => ({
          target,
          operation: refusals.get(target) ?? this.#begin(action, target),
        }));
        await mapLimited(begun, atATimePerHost, async ({ target, operation }) => {
          const name = this.nameOf(target);
          const result =
            typeof operation === 'string'
              ? ({ status: 'refused', reason: operation } as const)
              : await this.#runOne(action, target, operation);
          outcomes.set(target, { target, name, result });
        });
      }),
    );
    return targets.map((target) => outcomes.get(target)).filter((outcome) => outcome !== undefined);
  }

  /** @returns the reason if it cannot be begun. */
  #begin(action: RunnableAction, target: VmTarget): Operation | string {
    const refusal = this.refusal(action.action, target);
    if (refusal !== undefined) {
      return refusal;
    }
    const key = keyOf(target);
    const operations = this.#running.get(key) ?? [];
    for (const earlier of operations) {
      earlier.isSuperseded = true;
    }
    const name = this.nameOf(target);
    const operation: Operation = {
      record: this.#options.operations.begin({
        action: action.action,
        host: target.host,
        uuid: target.uuid,
        name,
      }),
      canCancel: true,
      activity: {
        kind: 'running',
        text: this.#options.l10n.t('{0}: waiting for its turn', action.words.doing),
        progress: undefined,
        canCancel: true,
      },
      isSuperseded: false,
    };
    this.#running.set(key, [...operations, operation]);
    this.#options.activities.set(target, 'result', undefined);
    this.#options.activities.set(target, 'operation', operation.activity);
    this.#didBegin.fire({ target, action: action.action });
    return operation;
  }

  async #runOne(
    action: RunnableAction,
    target: VmTarget,
    operation: Operation,
  ): Promise<LifecycleResult> {
    const { inventory, clock, l10n } = this.#options;
    const { log, signal } = operation.record;
    try {
      if (signal.aborted) {
        return this.#end(action, target, operation, { status: 'cancelled', mayStillHappen: false });
      }
      const session = inventory.session(target.host);
      if (!session) {
        const reason = l10n.t('Its host is not configured any more.');
        return this.#end(action, target, operation, { status: 'refused', reason });
      }
      operation.canCancel = action.canCancel ?? false;
      const running = { text: action.words.doing, canCancel: operation.canCancel };
      this.#update(target, operation, running);
      const result = await action.run(session, target.uuid, {
        clock,
        log,
        signal,
        onProgress: (progress) => {
          operation.record.progress(progress);
          if (!signal.aborted) {
            this.#update(target, operation, { ...running, progress });
          }
        },
      });
      return this.#end(action, target, operation, result);
    } catch (error) {
      // A fault of ours, which must not keep the others from being told of
      log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      const failed = {
        status: 'failed',
        reason: messageOf(error),
        error: toError(error),
      } as const;
      return this.#end(action, target, operation, failed);
    }
  }

  /** Takes an operation out, and leaves in the row what must be known of how it ended. */
  #end(
    { words }: RunnableAction,
    target: VmTarget,
    operation: Operation,
    result: LifecycleResult,
  ): LifecycleResult {
    const { activities } = this.#options;
    operation.record.end(result);
    const key = keyOf(target);
    const others = (this.#running.get(key) ?? []).filter((other) => other !== operation);
    if (others.length > 0) {
      this.#running.set(key, others);
    } else {
      this.#running.delete(key);
    }
    const isThere = this.#options.inventory.session(target.host)?.domain(target.uuid) !== undefined;
    if (!operation.isSuperseded && isThere) {
      activities.set(
        target,
        'result',
        this.#activityOf(result, words.one(this.nameOf(target)), words),
      );
    }
    activities.set(target, 'operation', others.at(-1)?.activity);
    return result;
  }

  #update(
    target: VmTarget,
    operation: Operation,
    running: { readonly text: string; readonly canCancel: boolean; readonly progress?: number },
  ): void {
    operation.activity = { kind: 'running', progress: undefined, ...running };
    if (this.#running.get(keyOf(target))?.at(-1) === operation) {
      this.#options.activities.set(target, 'operation', operation.activity);
    }
  }

  #activityOf(
    result: LifecycleResult,
    notDone: string,
    words: ActionWords,
  ): VmActivity | undefined {
    const { l10n } = this.#options;
    switch (result.status) {
      case 'done':
      case 'requested':
      case 'refused':
        return undefined; // the state says it, or the notification
      case 'failed': {
        const reason = l10n.t(result.reason);
        return {
          kind: 'problem',
          text: l10n.t('{0}: {1}', words.notDone, shorten(reason)),
          detail: `${notDone} ${reason}`,
        };
      }
      case 'unknown':
        return {
          kind: 'problem',
          text: l10n.t('outcome unknown'),
          detail: l10n.t(result.reason),
        };
      case 'cancelled':
        return result.mayStillHappen
          ? {
              kind: 'note',
              text: l10n.t('not waited for'),
              detail: l10n.t('Nobody waits for it any more, but the host may still do it.'),
            }
          : { kind: 'note', text: l10n.t('cancelled'), detail: l10n.t('It was cancelled.') };
    }
  }

  /** What rows do not show: refusals, and everything while the rows cannot be seen. */
  #tell(words: ActionWords, outcomes: readonly TargetOutcome[]): void {
    const { l10n, prompter, isViewVisible, showHosts, showLog } = this.#options;
    const isVisible = isViewVisible();
    const notDone = outcomes.map(reasonOf).filter((entry) => entry !== undefined);
    const isInRows = (outcome: TargetOutcome): boolean => outcome.result.status !== 'refused';
    const failures = outcomes.filter((outcome) => reasonOf(outcome) && isInRows(outcome));
    if (notDone.length === 0 || (isVisible && notDone.length === failures.length)) {
      return;
    }
    const said = notDone.map((entry) => ({ ...entry, reason: l10n.t(entry.reason) }));
    const choices: Choice[] = [];
    if (!isVisible) {
      choices.push({ label: l10n.t('Show Hosts'), run: showHosts });
    }
    if (failures.length > 0) {
      choices.push({ label: l10n.t('Show Log'), run: showLog });
    }
    void prompter.notify(
      failures.length > 0 ? 'error' : 'warning',
      summarize(said, outcomes.length, words, l10n),
      choices,
    );
  }
}

function groupByHost(targets: readonly VmTarget[]): ReadonlyMap<string, readonly VmTarget[]> {
  const byHost = new Map<string, VmTarget[]>();
  for (const target of targets) {
    const ofHost = byHost.get(target.host) ?? [];
    ofHost.push(target);
    byHost.set(target.host, ofHost);
  }
  return byHost;
}

function reasonOf({ name, result }: TargetOutcome): NotDone | undefined {
  return 'reason' in result
    ? { name, reason: result.reason, isUncertain: result.status === 'unknown' }
    : undefined;
}
