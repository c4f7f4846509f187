import type * as vscode from 'vscode';
import type { HostTreeNode, TreeNode, VmTreeNode } from './views/hosts/nodes.ts';

/** A VM that a command is about. */
export type VmTarget = Pick<VmTreeNode, 'host' | 'uuid'>;

/** What a command is about: what it was called on, else what is selected in the Hosts tree. */
export class Selection {
  readonly #view: vscode.TreeView<TreeNode>;

  constructor(view: vscode.TreeView<TreeNode>) {
    this.#view = view;
  }

  get nodes(): readonly TreeNode[] {
    return this.#view.selection;
  }

  /**
   * @param clicked the node of a context menu
   * @param selected all that are selected, if the clicked one is among them
   */
  vms(clicked: unknown, selected: unknown): readonly VmTarget[] {
    return this.#pick(clicked, selected).filter((node) => node.kind === 'vm');
  }

  hosts(clicked: unknown, selected: unknown): readonly HostTreeNode[] {
    return this.#pick(clicked, selected).filter((node) => node.kind === 'host');
  }

  #pick(clicked: unknown, selected: unknown): readonly TreeNode[] {
    // Rows that have gone since the menu was opened are nothing in it
    const present = Array.isArray(selected) ? selected.filter(isNode) : [];
    if (present.length > 0) {
      return present;
    }
    return isNode(clicked) ? [clicked] : this.nodes;
  }
}

/** Commands can be called by anybody with anything. */
function isNode(value: unknown): value is TreeNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    ((value.kind === 'host' && 'host' in value) ||
      (value.kind === 'vm' && 'host' in value && 'uuid' in value) ||
      value.kind === 'group' ||
      value.kind === 'note')
  );
}
