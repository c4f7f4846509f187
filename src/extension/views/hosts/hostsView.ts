import * as vscode from 'vscode';
import { sleep, type Clock } from '../../../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../../base/disposable.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { setContext } from '../../contextKeys.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';
import type { VmTarget } from '../../selection.ts';
import type { Settings } from '../../settings/settings.ts';
import { watching } from '../../watching.ts';
import { HostsTree, type Tooltip } from './hostsTree.ts';
import type { HostsTreeModel } from './hostsTreeModel.ts';
import type { TreeNode } from './nodes.ts';
import { vmFilter } from './vmFilter.ts';

export interface HostsViewOptions {
  readonly model: HostsTreeModel;
  readonly registry: HostRegistry;
  readonly inventory: Inventory;
  readonly settings: Settings;
  readonly tooltip: Tooltip;
  readonly clock: Clock;
}

const unfocusedMs = 30_000;
const revealAttempts = 8;
const revealPauseMs = 250;

/**
 * The Hosts view of the side bar: the tree, what its menus know of the selection, and how closely the hosts are
 * watched while it is visible.
 */
export class HostsView implements Disposable {
  readonly view: vscode.TreeView<TreeNode>;
  readonly #options: HostsViewOptions;
  readonly #disposables = new DisposableStore();
  #looking: Disposable | undefined;
  #filter = '';
  #counting: Promise<void> | undefined;
  /** Something changed since it began. */
  #isCountOld = false;

  constructor(options: HostsViewOptions) {
    this.#options = options;
    const { model, registry, settings, tooltip } = options;
    const tree = this.#disposables.add(new HostsTree(model, tooltip));
    this.view = this.#disposables.add(
      vscode.window.createTreeView('vmDeck.hosts', {
        treeDataProvider: tree,
        canSelectMany: true,
        showCollapseAll: true,
      }),
    );
    this.#disposables.add(this.view.onDidChangeVisibility(this.#look));
    this.#disposables.add(vscode.window.onDidChangeWindowState(this.#look));
    this.#disposables.add(toDisposable(() => this.#looking?.dispose()));
    this.#disposables.add(this.view.onDidChangeSelection(this.#selectionChanged));
    this.#disposables.add(model.onDidChange(this.#selectionChanged));
    this.#disposables.add(model.onDidChange(this.#describe));
    this.#disposables.add(registry.onDidChange(this.#countHosts));
    this.#disposables.add(settings.onDidChange(this.#arrange));
    this.#arrange();
    this.#countHosts();
    this.#selectionChanged();
    this.#look();
  }

  get filter(): string {
    return this.#filter;
  }

  /** Shows only VMs that meet this query (`src/query`); empty shows all. */
  set filter(filter: string) {
    this.#filter = filter.trim();
    setContext('vmDeck.hasFilter', this.#filter !== '');
    this.#arrange();
    this.#describe();
    this.#look();
  }

  /** Shows the view with a host selected; only the view if the host has no row in it. */
  async revealHost(host: string): Promise<void> {
    const node = this.#options.model.hostNode(host);
    if (node) {
      await this.#reveal(node);
    } else {
      await vscode.commands.executeCommand('vmDeck.hosts.focus');
    }
  }

  /**
   * Shows the view with a VM selected; a filter that hides it is taken away.
   * @returns false if there is no such VM any more
   */
  async revealVm({ host, uuid }: VmTarget): Promise<boolean> {
    const { model } = this.#options;
    const node = model.vmNode(host, uuid);
    if (!node) {
      return false;
    }
    if (model.hides(node)) {
      this.filter = '';
    }
    await this.#reveal(node);
    return true;
  }

  /** The editor refuses a row that it has not drawn yet, and does not say when it has. */
  async #reveal(node: TreeNode): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.view.reveal(node, { select: true, focus: true });
        return;
      } catch (error) {
        if (attempt === revealAttempts) {
          throw error;
        }
        await sleep(this.#options.clock, revealPauseMs);
      }
    }
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  readonly #arrange = (): void => {
    const { groupBy, sortBy } = this.#options.settings.explorer;
    this.#options.model.arrangement = { groupBy, sortBy, filter: this.#filter };
  };

  readonly #countHosts = (): void => {
    setContext('vmDeck.hostCount', this.#options.registry.entries.length);
  };

  /** What can be done with the selection, for the palette and the keyboard. */
  readonly #selectionChanged = (): void => {
    const tokens = new Set(
      this.view.selection.flatMap((node) => this.#options.model.contextValue(node).split(' ')),
    );
    setContext('vmDeck.selection', [...tokens].join(' '));
  };

  readonly #describe = (): void => {
    if (this.#filter === '') {
      this.view.description = '';
      return;
    }
    this.#isCountOld = true;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
  };

  /** Counts what the filter hides, and again what changed meanwhile. */
  async #count(): Promise<void> {
    while (this.#isCountOld) {
      this.#isCountOld = false;
      const filter = this.#filter;
      const hidden = await this.#options.model.countHidden();
      // Another may have been set meanwhile
      if (filter !== '' && this.#filter === filter) {
        this.view.description = vscode.l10n.t('filter: {0} ({1} hidden)', filter, hidden);
      }
    }
  }

  readonly #look = (): void => {
    const interests = watching({
      isVisible: this.view.visible,
      isFocused: vscode.window.state.focused,
      showsAllFigures: vmFilter(this.#filter).isAboutFigures,
      unfocusedMs,
    });
    this.#looking?.dispose();
    this.#looking = this.#options.inventory.observe(...interests);
  };
}
