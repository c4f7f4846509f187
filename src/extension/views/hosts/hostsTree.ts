import * as vscode from 'vscode';
import { DisposableStore } from '../../../base/disposable.ts';
import type { HostsTreeModel } from './hostsTreeModel.ts';
import type { HostTreeNode, TreeNode } from './nodes.ts';
import type { Row } from './row.ts';

/** Makes the tooltip of a node, when somebody points at it. */
export type Tooltip = (node: TreeNode) => Promise<vscode.MarkdownString | undefined>;

/** The Hosts tree for the editor: turns the model's nodes and rows into tree items. */
export class HostsTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #model: HostsTreeModel;
  readonly #tooltip: Tooltip;
  readonly #changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly #disposables = new DisposableStore();

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(model: HostsTreeModel, tooltip: Tooltip) {
    this.#model = model;
    this.#tooltip = tooltip;
    this.#disposables.add(
      model.onDidChange((nodes) => {
        this.#changed.fire(nodes && [...nodes]);
      }),
    );
    this.#disposables.add(this.#changed);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    return [...(await this.#model.childrenSoon(node))];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.#model.parent(node);
  }

  async getTreeItem(node: TreeNode): Promise<vscode.TreeItem> {
    const row = await this.#model.rowSoon(node);
    // Gone between two refreshes: the next one removes it
    return row ? toItem(node, row) : new vscode.TreeItem('');
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    this.#model.pointAt(node);
    item.tooltip = await this.#tooltip(node);
    return item;
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

function toItem(node: TreeNode, row: Row): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, collapsible(node));
  item.id = node.id;
  item.description = row.description;
  item.iconPath = new vscode.ThemeIcon(
    row.icon.id,
    row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color),
  );
  item.contextValue = row.contextValue;
  if (row.command !== undefined && (node.kind === 'note' || node.kind === 'host')) {
    const host: HostTreeNode = { kind: 'host', id: `host:${node.host}`, host: node.host };
    // Under the command's own conditions, which look at the selection, the editor would show the row as disabled
    item.command = {
      command: 'vmDeck.host.followNote',
      title: row.label,
      arguments: [host, row.command],
    };
  }
  item.accessibilityInformation = { label: row.accessibilityLabel, role: 'treeitem' };
  return item;
}

function collapsible({ kind }: TreeNode): vscode.TreeItemCollapsibleState {
  return kind === 'host' || kind === 'group'
    ? vscode.TreeItemCollapsibleState.Expanded
    : vscode.TreeItemCollapsibleState.None;
}
