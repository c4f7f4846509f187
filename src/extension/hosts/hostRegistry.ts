import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { scopedLog, type Log } from '../../base/log.ts';
import { HostSession } from '../../inventory/hostSession.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { createSharing, type Sharing } from '../../inventory/sharing.ts';
import type { Dialer } from '../../libvirt/dialer.ts';
import type { CreateDialer } from './demoHosts.ts';
import { isBadEntry, type HostEntry, type HostSettings } from './hostSettings.ts';

export interface HostRegistryOptions {
  readonly inventory: Inventory;
  readonly createDialer: CreateDialer;
  readonly clock: Clock;
  readonly log: Log;
}

/** The editor tells of changed settings within milliseconds, unless it is very busy. */
const takenOverWithinMs = 5_000;

/**
 * The configured hosts, and the inventory kept in line with them. A host whose entry changed in a way that
 * matters to its connection gets a new session; one that only moved keeps its own.
 */
export class HostRegistry implements Disposable {
  readonly #options: HostRegistryOptions;
  readonly #changed = new Emitter<void>();
  #entries: readonly HostEntry[] = [];
  readonly #sharing: Sharing;
  readonly #used = new Map<string, HostSettings>();

  /** Fires when entries were added, removed, reordered or altered. */
  readonly onDidChange = this.#changed.event;

  constructor(options: HostRegistryOptions) {
    this.#options = options;
    this.#sharing = createSharing(options.clock);
  }

  /** All entries of the settings in their order, those that cannot be used included. */
  get entries(): readonly HostEntry[] {
    return this.#entries;
  }

  entry(name: string): HostEntry | undefined {
    return this.#entries.find((entry) => entry.name === name);
  }

  session(name: string): HostSession | undefined {
    return this.#options.inventory.session(name);
  }

  /** The session of a host that was just written to the settings; undefined if it does not come to be soon. */
  whenPresent(name: string): Promise<HostSession | undefined> {
    return new Promise((resolve) => {
      const check = (): void => {
        const session = this.session(name);
        if (session) {
          end(session);
        }
      };
      const end = (session: HostSession | undefined): void => {
        timer.dispose();
        subscription.dispose();
        resolve(session);
      };
      const timer = this.#options.clock.after(takenOverWithinMs, () => {
        end(undefined);
      });
      const subscription = this.onDidChange(check);
      check();
    });
  }

  /**
   * Takes over what the settings say now. Hosts marked so are connected.
   * @param samplesInBackground whether figures are kept up while nobody looks
   */
  update(
    entries: readonly HostEntry[],
    { samplesInBackground }: { readonly samplesInBackground: boolean },
  ): void {
    const { inventory } = this.#options;
    const resolved = entries.map((entry) => this.#resolve(entry, samplesInBackground));
    const wanted = new Set(resolved.filter((entry) => !isBadEntry(entry)).map(({ name }) => name));
    for (const name of [...this.#used.keys()].filter((used) => !wanted.has(used))) {
      this.#used.delete(name);
      inventory.remove(name);
    }
    this.#entries = resolved;
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Makes the session of an entry, unless it has the right one already. */
  #resolve(entry: HostEntry, samplesInBackground: boolean): HostEntry {
    if (isBadEntry(entry)) {
      return entry;
    }
    const used = this.#used.get(entry.name);
    if (
      used?.uri.text === entry.uri.text &&
      used.readOnly === entry.readOnly &&
      used.ssh === entry.ssh
    ) {
      this.#used.set(entry.name, entry);
      return entry;
    }
    const { inventory, createDialer, clock, log } = this.#options;
    let dialer: Dialer;
    try {
      dialer = createDialer(entry.uri, clock, entry.ssh);
    } catch (error) {
      return { name: entry.name, order: entry.order, problem: messageOf(error) };
    }
    const wasWanted = used !== undefined && this.#isWanted(entry.name);
    inventory.remove(entry.name);
    const session = new HostSession({
      name: entry.name,
      uri: entry.uri,
      dialer,
      clock,
      log: scopedLog(log, entry.name),
      readOnly: entry.readOnly,
      sharing: this.#sharing,
    });
    inventory.add(session, { samplesInBackground });
    this.#used.set(entry.name, entry);
    if (entry.autoConnect || wasWanted) {
      // Also at start-up, when a question would come from nowhere
      session.connect({ mayAsk: false });
    }
    return entry;
  }

  /** Whether somebody wants the host connected, whatever came of it. */
  #isWanted(name: string): boolean {
    const state = this.session(name)?.snapshot.status.state;
    return state !== undefined && state !== 'idle';
  }
}
