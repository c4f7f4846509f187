import type { Clock } from '../../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { HostChange } from '../../inventory/changes.ts';
import type { HostSession } from '../../inventory/hostSession.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { isActive } from '../../model/domain.ts';
import type { L10n } from '../l10n.ts';
import type { DefinitionPath, DefinitionView } from './documentPath.ts';
import type { HostGate } from './hostGate.ts';

/** Which definition: the same after a rename. */
export type DefinitionKey = Pick<DefinitionPath, 'host' | 'uuid' | 'view'>;

/** What came of reading a definition. */
export type DefinitionRead =
  | {
      readonly kind: 'found';
      readonly bytes: Uint8Array;
      /** Milliseconds since the epoch when it was first seen, and first seen as it is. */
      readonly createdAt: number;
      readonly changedAt: number;
    }
  /** There is no such VM, or it has no such definition now. */
  | { readonly kind: 'absent' }
  /** It cannot be known now; why, in a sentence. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface DefinitionChange {
  readonly key: DefinitionKey;
  readonly kind: 'created' | 'changed' | 'deleted';
}

export interface DefinitionsOptions {
  readonly inventory: Inventory;
  readonly gate: HostGate;
  /** Reads a definition, without secrets; null if there is none. */
  readonly read: (
    session: HostSession,
    uuid: string,
    view: DefinitionView,
  ) => Promise<string | null>;
  readonly clock: Clock;
  readonly l10n: L10n;
}

/** A definition as it was last seen; null text while there was none. */
interface Known {
  readonly key: DefinitionKey;
  readonly text: string | null;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** A watched definition: how many watch, and what keeps it up to date. */
interface Watched {
  readonly key: DefinitionKey;
  count: number;
  opened: Disposable | undefined;
}

/** Definitions that nobody watches are only remembered to tell whether they changed; the oldest are forgotten. */
const maxKnown = 64;

/** The definitions of all VMs, read when asked for, and kept up to date while somebody watches them. */
export class Definitions implements Disposable {
  readonly #options: DefinitionsOptions;
  readonly #disposables = new DisposableStore();
  readonly #changed = new Emitter<readonly DefinitionChange[]>();
  readonly #known = new Map<string, Known>();
  readonly #watched = new Map<string, Watched>();

  /** Fires for what is watched. */
  readonly onDidChange = this.#changed.event;

  constructor(options: DefinitionsOptions) {
    this.#options = options;
    const { inventory } = options;
    this.#disposables.add(
      inventory.onDidChange(({ host, changes }) => {
        const made = changes.flatMap((change) => this.#apply(host, change));
        if (made.length > 0) {
          this.#changed.fire(made);
        }
      }),
    );
    this.#disposables.add(inventory.onDidChangeHosts(this.#reopen));
  }

  /** Reads a definition as it is now. Waits a few seconds for a host that is being connected. */
  async read(key: DefinitionKey): Promise<DefinitionRead> {
    const { gate, read, l10n } = this.#options;
    const passed = await gate.pass(key.host);
    if (passed.kind === 'closed') {
      return { kind: 'unavailable', reason: passed.reason };
    }
    let text: string | null;
    try {
      text = await read(passed.session, key.uuid, key.view);
    } catch (error) {
      return {
        kind: 'unavailable',
        reason: l10n.t('The definition could not be read: {0}', messageOf(error)),
      };
    }
    const known = this.#remember(key, text);
    return known.text === null
      ? { kind: 'absent' }
      : {
          kind: 'found',
          bytes: new Uint8Array(Buffer.from(known.text, 'utf8')),
          createdAt: known.createdAt,
          changedAt: known.changedAt,
        };
  }

  /** Tells of changes of a definition until the result is disposed. */
  watch(key: DefinitionKey): Disposable {
    const id = idOf(key);
    const watched = this.#watched.get(id) ?? { key, count: 0, opened: undefined };
    this.#watched.set(id, watched);
    watched.count++;
    watched.opened ??= this.#open(key);
    return toDisposable(() => {
      if (--watched.count === 0) {
        this.#watched.delete(id);
        watched.opened?.dispose();
      }
    });
  }

  dispose(): void {
    this.#disposables.dispose();
    for (const { opened } of this.#watched.values()) {
      opened?.dispose();
    }
    this.#watched.clear();
    this.#changed.dispose();
  }

  #open({ host, uuid }: DefinitionKey): Disposable | undefined {
    return this.#options.inventory.session(host)?.openDomain(uuid);
  }

  /** A host whose settings changed has another session, which knows nothing of what was open. */
  readonly #reopen = (): void => {
    for (const watched of this.#watched.values()) {
      watched.opened?.dispose();
      watched.opened = this.#open(watched.key);
    }
  };

  #apply(host: string, change: HostChange): readonly DefinitionChange[] {
    switch (change.kind) {
      case 'domainDetails': {
        const { uuid, details } = change;
        return [
          ...this.#take({ host, uuid, view: 'inactive' }, details.inactiveXml),
          ...this.#take({ host, uuid, view: 'live' }, details.liveXml),
        ];
      }
      case 'domainChanged': {
        const { uuid, state, persistent } = change.domain;
        return [
          ...(isActive(state) ? [] : this.#take({ host, uuid, view: 'live' }, null)),
          ...(persistent ? [] : this.#take({ host, uuid, view: 'inactive' }, null)),
        ];
      }
      case 'domainRemoved': {
        const { uuid } = change.domain;
        return [
          ...this.#take({ host, uuid, view: 'inactive' }, null),
          ...this.#take({ host, uuid, view: 'live' }, null),
        ];
      }
      default:
        return [];
    }
  }

  /** Notes what a watched definition is now, and tells how that differs from what was last seen. */
  #take(key: DefinitionKey, text: string | null): readonly DefinitionChange[] {
    const id = idOf(key);
    if (!this.#watched.has(id)) {
      return [];
    }
    const before = this.#known.get(id);
    const after = this.#remember(key, text);
    if (!before || before.text === after.text) {
      return [];
    }
    const kind = before.text === null ? 'created' : after.text === null ? 'deleted' : 'changed';
    return [{ key, kind }];
  }

  #remember(key: DefinitionKey, text: string | null): Known {
    const id = idOf(key);
    const before = this.#known.get(id);
    const now = this.#options.clock.now();
    const known =
      before?.text === text
        ? before
        : {
            key,
            text,
            createdAt: before?.createdAt ?? now,
            // The editor reads again only what is newer
            changedAt: before ? Math.max(now, before.changedAt + 1) : now,
          };
    this.#known.delete(id);
    this.#known.set(id, known);
    this.#forgetOldest();
    return known;
  }

  #forgetOldest(): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= maxKnown) {
        return;
      }
      if (!this.#watched.has(id)) {
        this.#known.delete(id);
      }
    }
  }
}

function idOf({ host, uuid, view }: DefinitionKey): string {
  return `${view} ${uuid} ${host}`;
}
