import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { HostSession } from '../../inventory/hostSession.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { isListed, isReachable } from '../../model/host.ts';
import type { L10n } from '../l10n.ts';

/** A host that can be asked, or why it cannot, in a sentence. */
export type GateResult =
  | { readonly kind: 'open'; readonly session: HostSession }
  | { readonly kind: 'closed'; readonly reason: string };

export interface HostGateOptions {
  readonly inventory: Inventory;
  /** Fires when the settings were taken over; before that, no host is known. */
  readonly onDidReadSettings: Event<void>;
  readonly clock: Clock;
  readonly l10n: L10n;
}

/** As long as the editor shows a document that it restores as loading, without anybody wondering. */
const patienceMs = 8_000;

/**
 * Waits for hosts: the editor restores documents while we are still connecting, and then it is worth to wait a
 * few seconds instead of failing.
 */
export class HostGate implements Disposable {
  readonly #options: HostGateOptions;
  readonly #disposables = new DisposableStore();
  #hasSettings = false;

  constructor(options: HostGateOptions) {
    this.#options = options;
    this.#disposables.add(
      options.onDidReadSettings(() => {
        this.#hasSettings = true;
      }),
    );
  }

  /** Resolves as soon as it is certain whether the host can be asked, and its VMs are known. */
  pass(host: string): Promise<GateResult> {
    const now = this.#look(host, false);
    if (now) {
      return Promise.resolve(now);
    }
    const { inventory, onDidReadSettings, clock } = this.#options;
    return new Promise((resolve) => {
      const waiting = new DisposableStore();
      const look = (isLast: boolean): void => {
        const result = this.#look(host, isLast);
        if (result) {
          waiting.dispose();
          resolve(result);
        }
      };
      waiting.add(
        inventory.onDidChange((change) => {
          if (change.host === host) {
            look(false);
          }
        }),
      );
      // Not when the host is added: it is told to connect after that
      waiting.add(
        onDidReadSettings(() => {
          look(false);
        }),
      );
      waiting.add(
        clock.after(patienceMs, () => {
          look(true);
        }),
      );
    });
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  /** @returns undefined while waiting may help. */
  #look(host: string, isLast: boolean): GateResult | undefined {
    const { inventory, l10n } = this.#options;
    const session = inventory.session(host);
    if (!session) {
      return this.#hasSettings || isLast
        ? closed(l10n.t('No host named "{0}" is in the settings (vmDeck.hosts).', host))
        : undefined;
    }
    const { snapshot } = session;
    const { status } = snapshot;
    if (isReachable(status) && isListed(snapshot)) {
      return { kind: 'open', session };
    }
    switch (status.state) {
      case 'idle':
        if (!this.#hasSettings && !isLast) {
          return undefined;
        }
        return closed(
          l10n.t('{0} is not connected. Connect it in the Hosts view, then try again.', host),
        );
      case 'disconnected':
      case 'needsAttention':
        return closed(l10n.t('{0} is not connected: {1}', host, l10n.t(status.cause)));
      default:
        return isLast
          ? closed(l10n.t('{0} is still being connected. Try again in a moment.', host))
          : undefined;
    }
  }
}

function closed(reason: string): GateResult {
  return { kind: 'closed', reason };
}
