import type { Clock } from '../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';
import type { Host } from '../model/host.ts';
import type { Interest } from './attention.ts';
import type { HostChange } from './changes.ts';
import type { HostSession } from './hostSession.ts';
import { allGroups } from './sampler.ts';
import { WakeDetector } from './wakeDetector.ts';

/** What became different on one host. */
export interface InventoryChange {
  readonly host: string;
  /** Grows with every change of any host. */
  readonly revision: number;
  readonly changes: readonly HostChange[];
}

/** How often connected hosts are sampled while nobody looks. */
const backgroundInterest: Interest = { intervalMs: 30_000, groups: allGroups, isVisible: false };

/**
 * All hosts. Each has a session of its own, with its own connections and timers: none waits for another.
 */
export class Inventory implements Disposable {
  readonly #sessions = new Map<string, HostSession>();
  readonly #perHost = new Map<string, DisposableStore>();
  readonly #changes = new Emitter<InventoryChange>();
  readonly #hostsChanged = new Emitter<void>();
  /** Who looks at all hosts, with what each looks at of a host. */
  readonly #interests = new Map<Interest, Map<string, Disposable>>();
  readonly #clock: Clock;
  /** Ticks only while there is a host it could matter to. */
  #wakeDetector: WakeDetector | undefined;
  #revision = 0;

  readonly onDidChange = this.#changes.event;
  /** Fires when a host was added or removed. */
  readonly onDidChangeHosts = this.#hostsChanged.event;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get revision(): number {
    return this.#revision;
  }

  /** All hosts as they are known now, in the order they were added. */
  get hosts(): readonly Host[] {
    return [...this.#sessions.values()].map((session) => session.snapshot);
  }

  get sessions(): readonly HostSession[] {
    return [...this.#sessions.values()];
  }

  session(host: string): HostSession | undefined {
    return this.#sessions.get(host);
  }

  /**
   * Takes charge of a session: disposes it when removed.
   * @param samplesInBackground whether its figures are kept up while nobody looks
   * @throws RangeError if there is a host of that name.
   */
  add(
    session: HostSession,
    { samplesInBackground }: { readonly samplesInBackground: boolean },
  ): void {
    if (this.#sessions.has(session.name)) {
      throw new RangeError(`There is already a host named "${session.name}".`);
    }
    const store = new DisposableStore();
    this.#sessions.set(session.name, session);
    this.#perHost.set(session.name, store);
    store.add(session);
    store.add(
      session.onDidChange((changes) => {
        this.#revision++;
        this.#changes.fire({ host: session.name, revision: this.#revision, changes });
      }),
    );
    if (samplesInBackground) {
      store.add(session.observe(backgroundInterest));
    }
    for (const [interest, looks] of this.#interests) {
      looks.set(session.name, session.observe(interest));
    }
    this.#wakeDetector ??= this.#detectWakes();
    this.#hostsChanged.fire();
  }

  remove(host: string): void {
    if (this.#sessions.delete(host)) {
      for (const looks of this.#interests.values()) {
        looks.get(host)?.dispose();
        looks.delete(host);
      }
      this.#perHost.get(host)?.dispose();
      this.#perHost.delete(host);
      if (this.#sessions.size === 0) {
        this.#wakeDetector?.dispose();
        this.#wakeDetector = undefined;
      }
      this.#hostsChanged.fire();
    }
  }

  /** Somebody looks at all hosts, those added later included, until the result is disposed. */
  observe(...interests: readonly Interest[]): Disposable {
    const store = new DisposableStore();
    for (const interest of interests) {
      store.add(this.#observe(interest));
    }
    return store;
  }

  #observe(interest: Interest): Disposable {
    const key = { ...interest };
    const looks = new Map(
      this.sessions.map((session) => [session.name, session.observe(interest)] as const),
    );
    this.#interests.set(key, looks);
    return toDisposable(() => {
      this.#interests.delete(key);
      for (const look of looks.values()) {
        look.dispose();
      }
    });
  }

  dispose(): void {
    for (const host of [...this.#sessions.keys()]) {
      this.remove(host);
    }
    this.#changes.dispose();
    this.#hostsChanged.dispose();
  }

  #detectWakes(): WakeDetector {
    const detector = new WakeDetector(this.#clock);
    detector.onDidWake(() => {
      for (const session of this.#sessions.values()) {
        session.wake();
      }
    });
    return detector;
  }
}
