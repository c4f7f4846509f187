import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable.ts';
import { readHostSettings, type HostEntry } from '../hosts/hostSettings.ts';
import type { GroupBy, SortBy } from '../views/hosts/arrange.ts';

/** The extension's settings as they are now. */
export class Settings implements Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;

  /** Fires when any of ours changed. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('vmDeck')) {
        this.#changed.fire();
      }
    });
  }

  /** All entries in their order, those that cannot be used included. */
  get hosts(): readonly HostEntry[] {
    return readHostSettings(read('vmDeck.hosts'));
  }

  get explorer(): { readonly groupBy: GroupBy; readonly sortBy: SortBy } {
    return {
      groupBy: oneOf(['host', 'state'], read('vmDeck.explorer.groupBy')),
      sortBy: oneOf(['name', 'state', 'cpu', 'memory'], read('vmDeck.explorer.sortBy')),
    };
  }

  get samplesInBackground(): boolean {
    return read('vmDeck.sampling.inBackground') !== false;
  }

  /** How long a guest has to shut down before that is said. */
  get shutdownTimeoutMs(): number {
    const seconds = read('vmDeck.shutdown.timeoutSeconds');
    return (typeof seconds === 'number' && seconds >= 1 ? seconds : 90) * 1_000;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

function read(key: string): unknown {
  return vscode.workspace.getConfiguration().get<unknown>(key);
}

/** A setting can be anything; what it may not be counts as the first. */
function oneOf<T>(values: readonly [T, ...T[]], value: unknown): T {
  return values.find((known) => known === value) ?? values[0];
}
