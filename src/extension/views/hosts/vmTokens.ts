import type { Domain } from '../../../model/domain.ts';
import type { HostStatus } from '../../../model/host.ts';
import { guardLifecycle, lifecycleActions } from '../../../operations/guards.ts';

/** What of a VM is not in its record. */
export interface VmSituation {
  readonly isBusy: boolean;
  readonly canCancel: boolean;
  readonly hasProblem: boolean;
  readonly hasAddress: boolean;
}

/**
 * The context value of a VM's row: `vm`, and for each action `has-…` if its state allows it (so it is shown) and
 * `can-…` if it can also be done now (so it is enabled).
 */
export function vmTokens(domain: Domain, status: HostStatus, situation: VmSituation): string {
  const tokens = ['vm'];
  for (const action of lifecycleActions) {
    if (guardLifecycle(action, domain, { state: 'connected' }) === undefined) {
      tokens.push(`has-${action}`);
      // What pulls the plug must work while something else takes its time
      const isFree = !situation.isBusy || action === 'destroy';
      if (isFree && guardLifecycle(action, domain, status) === undefined) {
        tokens.push(`can-${action}`);
      }
    }
  }
  for (const action of ['copyName', 'copyUuid', ...(situation.hasAddress ? ['copyAddress'] : [])]) {
    tokens.push(`has-${action}`, `can-${action}`);
  }
  if (situation.canCancel) {
    tokens.push('has-cancel', 'can-cancel');
  }
  if (situation.hasProblem) {
    tokens.push('has-dismiss', 'can-dismiss');
  }
  return tokens.join(' ');
}
