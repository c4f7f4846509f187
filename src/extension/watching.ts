import type { Interest } from '../inventory/attention.ts';
import { allGroups } from '../inventory/sampler.ts';
import { statsGroup } from '../libvirt/constants.ts';

/** What the tree's rows show of what moves, and no more. */
const treeGroups = statsGroup.cpuTotal | statsGroup.balloon;
const closeMs = 2_000;
/** How many vCPUs a VM has: of each libvirt tells a lot, and there are seldom others than before. */
const vcpusMs = 30_000;

/** How closely the hosts are watched for a view that lists their VMs; not at all while nobody can see it. */
export function watching(state: {
  /** Whether the view is open. */
  readonly isVisible: boolean;
  /** Whether its window is the one that is worked in. */
  readonly isFocused: boolean;
  /** Whether what is shown depends on figures of disks and interfaces. */
  readonly showsAllFigures: boolean;
  /** How often, in milliseconds, while the window is not worked in: there may be several. */
  readonly unfocusedMs: number;
}): readonly Interest[] {
  if (!state.isVisible) {
    return [];
  }
  const intervalMs = state.isFocused ? closeMs : state.unfocusedMs;
  const groups = state.showsAllFigures ? allGroups & ~statsGroup.vcpu : treeGroups;
  return [
    { intervalMs, groups, isVisible: true },
    { intervalMs: Math.max(intervalMs, vcpusMs), groups: statsGroup.vcpu, isVisible: true },
  ];
}
