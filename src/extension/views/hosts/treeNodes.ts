import type { GroupTreeNode, HostTreeNode, NoteTreeNode, TreeNode, VmTreeNode } from './nodes.ts';
import type { VmCategory } from './vmCategory.ts';

/** The editor knows nodes by identity: the same thing is always the same object. */
export class TreeNodes {
  readonly #nodes = new Map<string, TreeNode>();

  host(host: string): HostTreeNode {
    return this.#node({ kind: 'host', id: `host:${host}`, host });
  }

  group(category: VmCategory): GroupTreeNode {
    return this.#node({ kind: 'group', id: `group:${category}`, category });
  }

  note(host: string): NoteTreeNode {
    return this.#node({ kind: 'note', id: `note:${host}`, host });
  }

  vm(host: string, uuid: string): VmTreeNode {
    return this.#node({ kind: 'vm', id: `vm:${host}/${uuid}`, host, uuid });
  }

  forget(node: TreeNode): void {
    this.#nodes.delete(node.id);
  }

  #node<T extends TreeNode>(node: T): T {
    const known = this.#nodes.get(node.id);
    if (known) {
      return known as T;
    }
    this.#nodes.set(node.id, node);
    return node;
  }
}
