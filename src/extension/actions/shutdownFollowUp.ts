import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { isActive } from '../../model/domain.ts';
import { isReachable } from '../../model/host.ts';
import type { VmAction } from '../../operations/guards.ts';
import type { L10n } from '../l10n.ts';
import type { VmTarget } from '../selection.ts';
import type { Prompter } from './prompter.ts';
import { joinNames } from './targetNames.ts';
import { keyOf, type VmActivities } from './vmActivities.ts';

export interface ShutdownFollowUpOptions {
  readonly inventory: Inventory;
  readonly activities: VmActivities;
  readonly onDidBegin: Event<{ readonly target: VmTarget; readonly action: VmAction }>;
  readonly prompter: Prompter;
  readonly clock: Clock;
  readonly l10n: L10n;
  readonly timeoutMs: () => number;
  /** Asks whether to, naming the VMs, and does it. */
  readonly forceOff: (targets: readonly VmTarget[]) => unknown;
}

/** A guest that was asked to shut down and still runs. */
interface Waiting {
  readonly target: VmTarget;
  readonly name: string;
  readonly timeoutMs: number;
  /** libvirt's number of the instance that was asked; another one was started since. */
  readonly id: number | undefined;
  timer: Disposable | undefined;
  /** Its time is over, and nobody was asked what to do yet. */
  isDue: boolean;
}

/** Guests that were asked together run out of time at slightly different moments, and are asked about together. */
const gatherMs = 2_000;
/** A host that is gone may tell when it is back that the guest did shut down. */
const lookAgainMs = 10_000;

/** These neither need nor disturb a guest that is shutting down. */
const harmless: ReadonlySet<VmAction> = new Set<VmAction>([
  'autostartOn',
  'autostartOff',
  'editDescription',
  'deleteDefinition',
  'takeScreenshot',
  'openConsole',
  'openDefinition',
]);

/**
 * Follows guests that were asked to shut down. One that ignores it is told of in its row, and all of them in one
 * notification that offers to force them off.
 */
export class ShutdownFollowUp implements Disposable {
  readonly #options: ShutdownFollowUpOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #disposables = new DisposableStore();
  #gathering: Disposable | undefined;

  constructor(options: ShutdownFollowUpOptions) {
    this.#options = options;
    this.#disposables.add(
      options.inventory.onDidChange(({ host, changes }) => {
        for (const change of changes) {
          if (change.kind === 'domainChanged' || change.kind === 'domainRemoved') {
            this.#look({ host, uuid: change.domain.uuid });
          }
        }
      }),
    );
    this.#disposables.add(
      options.onDidBegin(({ target, action }) => {
        if (!harmless.has(action)) {
          this.#drop(target);
        }
      }),
    );
  }

  /** These were asked to shut down just now. */
  follow(targets: readonly VmTarget[]): void {
    for (const target of targets) {
      this.#wait(target, this.#options.timeoutMs());
      this.#look(target);
    }
  }

  dispose(): void {
    this.#gathering?.dispose();
    for (const { timer } of this.#waiting.values()) {
      timer?.dispose();
    }
    this.#waiting.clear();
    this.#disposables.dispose();
  }

  #wait({ host, uuid }: VmTarget, timeoutMs: number): void {
    const { activities, clock, inventory, l10n } = this.#options;
    const target = { host, uuid };
    this.#waiting.get(keyOf(target))?.timer?.dispose();
    const domain = inventory.session(host)?.domain(uuid);
    const waiting: Waiting = {
      target,
      name: domain?.name ?? uuid,
      id: domain?.id,
      timeoutMs,
      timer: clock.after(timeoutMs, () => {
        this.#timeIsOver(waiting);
      }),
      isDue: false,
    };
    this.#waiting.set(keyOf(target), waiting);
    activities.set(target, 'result', undefined);
    activities.set(target, 'wait', { kind: 'waiting', text: l10n.t('shutting down') });
  }

  /** Lets go of a guest that is off or gone. */
  #look(target: VmTarget): void {
    const waiting = this.#waiting.get(keyOf(target));
    if (!waiting) {
      return;
    }
    const { domains } = this.#options.inventory.session(target.host)?.snapshot ?? {};
    const domain = domains?.get(target.uuid);
    if (!domain || !isActive(domain.state) || domain.id !== waiting.id) {
      this.#drop(target);
    }
  }

  #drop(target: VmTarget): void {
    const waiting = this.#waiting.get(keyOf(target));
    if (!waiting) {
      return;
    }
    waiting.timer?.dispose();
    this.#waiting.delete(keyOf(target));
    this.#options.activities.set(target, 'wait', undefined);
  }

  #timeIsOver(waiting: Waiting): void {
    const { activities, clock, inventory, l10n } = this.#options;
    const { target, timeoutMs } = waiting;
    const status = inventory.session(target.host)?.snapshot.status;
    if (!status) {
      this.#drop(target);
      return;
    }
    if (!isReachable(status)) {
      waiting.timer = clock.after(lookAgainMs, () => {
        this.#timeIsOver(waiting);
      });
      return;
    }
    waiting.timer = undefined;
    waiting.isDue = true;
    // It stays in its layer, so that it goes when the guest does
    activities.set(target, 'wait', {
      kind: 'problem',
      text: l10n.t('did not shut down in {0} s', Math.round(timeoutMs / 1_000)),
      detail: l10n.t('The guest was asked to shut down and still runs. It may be forced off.'),
    });
    this.#gather();
  }

  #gather(): void {
    this.#gathering ??= this.#options.clock.after(gatherMs, () => {
      this.#gathering = undefined;
      this.#ask();
    });
  }

  #ask(): void {
    const asked = [...this.#waiting.values()].filter(({ isDue }) => isDue);
    if (asked.length === 0) {
      return;
    }
    for (const waiting of asked) {
      waiting.isDue = false;
    }
    const { l10n, prompter } = this.#options;
    // Some may have gone off, or been asked anew, while the notification was open
    const left = (): readonly Waiting[] =>
      asked.filter((waiting) => this.#waiting.get(keyOf(waiting.target)) === waiting);
    void prompter.notify('warning', this.#question(asked), [
      {
        label: l10n.t('Force Off…'),
        run: () => this.#options.forceOff(left().map(({ target }) => target)),
      },
      {
        label: l10n.t('Wait Longer'),
        run: () => {
          for (const { target, timeoutMs } of left()) {
            this.#wait(target, timeoutMs);
          }
        },
      },
    ]);
  }

  #question(asked: readonly Waiting[]): string {
    const { l10n } = this.#options;
    const [first] = asked;
    const seconds = Math.round(Math.min(...asked.map(({ timeoutMs }) => timeoutMs)) / 1_000);
    return asked.length === 1 && first
      ? l10n.t('{0} did not shut down in {1} s.', first.name, seconds)
      : l10n.t(
          '{0} VMs did not shut down in {1} s: {2}.',
          asked.length,
          seconds,
          joinNames(
            asked.map(({ name }) => name),
            l10n,
          ),
        );
  }
}
