import type { VmAction } from '../../operations/guards.ts';

/** What only looks, and what pulls the plug: that must work when something else hangs. */
const besideOthers: ReadonlySet<VmAction> = new Set<VmAction>([
  'destroy',
  'openConsole',
  'takeScreenshot',
  'openDefinition',
]);

/** Whether an action can be done while another is being done to the same VM. */
export function worksBeside(action: VmAction): boolean {
  return besideOthers.has(action);
}
