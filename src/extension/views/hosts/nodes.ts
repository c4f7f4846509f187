import type { VmCategory } from './vmCategory.ts';

/** A host of the settings, usable or not. */
export interface HostTreeNode {
  readonly kind: 'host';
  /** Stable over the life of the window; the editor keeps expansion and selection by it. */
  readonly id: string;
  readonly host: string;
}

/** All VMs in a state, of all hosts. */
export interface GroupTreeNode {
  readonly kind: 'group';
  readonly id: string;
  readonly category: VmCategory;
}

export interface VmTreeNode {
  readonly kind: 'vm';
  readonly id: string;
  readonly host: string;
  readonly uuid: string;
}

/** A sentence where VMs would be: none there, or why they cannot be shown. */
export interface NoteTreeNode {
  readonly kind: 'note';
  readonly id: string;
  readonly host: string;
}

export type TreeNode = HostTreeNode | GroupTreeNode | VmTreeNode | NoteTreeNode;
