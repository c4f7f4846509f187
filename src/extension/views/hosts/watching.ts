import type { Interest } from '../../../inventory/attention.ts';
import { allGroups } from '../../../inventory/sampler.ts';
import { statsGroup } from '../../../libvirt/constants.ts';

/** What the tree's rows show, and no more. */
const shownGroups = statsGroup.cpuTotal | statsGroup.balloon | statsGroup.vcpu;
const focusedMs = 2_000;
/** A window that has not the focus is not looked at closely, and there may be several. */
const unfocusedMs = 30_000;

/** How closely the hosts are watched for the Hosts view; not at all while nobody can see it. */
export function watching(state: {
  /** Whether the view is open. */
  readonly isVisible: boolean;
  /** Whether its window is the one that is worked in. */
  readonly isFocused: boolean;
  /** Whether what is shown depends on figures that rows do not show. */
  readonly showsAllFigures: boolean;
}): Interest | undefined {
  return state.isVisible
    ? {
        intervalMs: state.isFocused ? focusedMs : unfocusedMs,
        groups: state.showsAllFigures ? allGroups : shownGroups,
        isVisible: true,
      }
    : undefined;
}
