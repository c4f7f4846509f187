import { dashboardActions, type DashboardAction } from '../../src/contract/dashboard.ts';
import type { DashboardVm } from './dashboardVm.ts';

/** An action as it is offered for what is selected. */
export interface OfferedAction {
  readonly action: DashboardAction;
  readonly title: string;
  /** Whether it can be done to at least one of them now. */
  readonly isEnabled: boolean;
  /** A line above parts it from those before. */
  readonly startsGroup: boolean;
}

/** The tree's menu, group by group. */
const groups: readonly (readonly DashboardAction[])[] = [
  ['start', 'resume', 'wake', 'shutDown', 'reboot', 'pause', 'save', 'discardSavedState'],
  ['forceOff', 'hardReset'],
  ['openConsole', 'takeScreenshot', 'openDefinition'],
  ['rename', 'editDescription', 'autostartOn', 'autostartOff', 'deleteDefinition'],
  ['copyName', 'copyUuid', 'copyAddress'],
  ['cancelOperation', 'dismissResult'],
];

const forOne: ReadonlySet<DashboardAction> = new Set<DashboardAction>([
  'rename',
  'editDescription',
]);

/** What can be asked of these VMs: all that the state of one of them allows. */
export function offeredActions(
  vms: readonly DashboardVm[],
  titles: ReadonlyMap<DashboardAction, string>,
): readonly OfferedAction[] {
  const has = vms.reduce((mask, { view }) => mask | view.has, 0);
  const can = vms.reduce((mask, { view }) => mask | view.can, 0);
  return groups.flatMap((group, groupIndex) =>
    group
      .filter((action) => (has & bitOf(action)) !== 0 && (vms.length === 1 || !forOne.has(action)))
      .map((action, index) => ({
        action,
        title: titles.get(action) ?? action,
        isEnabled: (can & bitOf(action)) !== 0,
        startsGroup: groupIndex > 0 && index === 0,
      })),
  );
}

function bitOf(action: DashboardAction): number {
  return 1 << dashboardActions.indexOf(action);
}
