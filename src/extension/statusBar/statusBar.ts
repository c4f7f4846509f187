import * as vscode from 'vscode';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { HostRegistry } from '../hosts/hostRegistry.ts';
import { hostLine, type HostLine } from './hostLine.ts';
import { Pacer } from './pacer.ts';
import { statusSummary, type Severity } from './statusSummary.ts';

export interface StatusBarOptions {
  readonly registry: HostRegistry;
  readonly inventory: Inventory;
  readonly clock: Clock;
}

const updateEveryMs = 1_000;

const backgrounds: Readonly<Record<Severity, string | undefined>> = {
  none: undefined,
  warning: 'statusBarItem.warningBackground',
  error: 'statusBarItem.errorBackground',
};

/** One short item in the status bar: how many VMs run, and whether something needs a person. */
export class StatusBar implements Disposable {
  readonly #options: StatusBarOptions;
  readonly #item: vscode.StatusBarItem;
  readonly #disposables = new DisposableStore();

  constructor(options: StatusBarOptions) {
    this.#options = options;
    const { registry, inventory, clock } = options;
    this.#item = this.#disposables.add(
      vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, 10),
    );
    this.#item.name = vscode.l10n.t('VM Deck: running VMs');
    this.#item.command = 'vmDeck.showStatus';
    const pacer = this.#disposables.add(
      new Pacer(clock, updateEveryMs, () => {
        this.#draw();
      }),
    );
    this.#disposables.add(
      registry.onDidChange(() => {
        pacer.request();
      }),
    );
    this.#disposables.add(
      inventory.onDidChange(({ changes }) => {
        // Figures come every two seconds, and nothing here shows them
        if (changes.some(({ kind }) => kind !== 'sampled')) {
          pacer.request();
        }
      }),
    );
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #draw(): void {
    const { registry } = this.#options;
    const summary = statusSummary(
      registry.entries,
      (name) => registry.session(name)?.snapshot,
      vscode.l10n,
    );
    if (!summary) {
      this.#item.hide();
      return;
    }
    const background = backgrounds[summary.severity];
    this.#item.text = `$(${summary.icon}) ${summary.text}`;
    this.#item.backgroundColor =
      background === undefined ? undefined : new vscode.ThemeColor(background);
    this.#item.accessibilityInformation = { label: summary.spoken, role: 'button' };
    this.#item.tooltip = toTooltip(
      registry.entries.map((entry) =>
        hostLine(entry, registry.session(entry.name), this.#options.clock.now()),
      ),
    );
    this.#item.show();
  }
}

function toTooltip(lines: readonly HostLine[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  for (const { icon, name, description } of lines) {
    text.appendMarkdown(`$(${icon}) **`).appendText(name).appendMarkdown('** ');
    text.appendText(description).appendMarkdown('\n\n');
  }
  return text;
}
