import type { Domain } from '../../../model/domain.ts';
import type { HostStatus } from '../../../model/host.ts';
import { guardHost, guardState, vmActions } from '../../../operations/guards.ts';
import { worksBeside } from '../../actions/besideOthers.ts';

/** What of a VM is not in its record. */
export interface VmSituation {
  readonly isBusy: boolean;
  readonly canCancel: boolean;
  /** Something came of an earlier action that can be dismissed. */
  readonly hasResult: boolean;
  readonly hasAddress: boolean;
}

interface KnownTokens extends VmSituation {
  readonly status: HostStatus;
  readonly tokens: string;
}

/** Records do not change, and rows are made anew with each new figure: which actions there are changes seldom. */
const known = new WeakMap<Domain, KnownTokens>();

/**
 * The context value of a VM's row: `vm`, and for each action `has-…` if its state allows it (so it is shown) and
 * `can-…` if it can also be done now (so it is enabled).
 */
export function vmTokens(domain: Domain, status: HostStatus, situation: VmSituation): string {
  const before = known.get(domain);
  if (before?.status === status && isSame(before, situation)) {
    return before.tokens;
  }
  const tokens = makeTokens(domain, status, situation);
  known.set(domain, { ...situation, status, tokens });
  return tokens;
}

function isSame(a: VmSituation, b: VmSituation): boolean {
  return (
    a.isBusy === b.isBusy &&
    a.canCancel === b.canCancel &&
    a.hasResult === b.hasResult &&
    a.hasAddress === b.hasAddress
  );
}

function makeTokens(domain: Domain, status: HostStatus, situation: VmSituation): string {
  const tokens = ['vm'];
  for (const action of vmActions) {
    if (guardState(action, domain) === undefined) {
      tokens.push(`has-${action}`);
      const isFree = !situation.isBusy || worksBeside(action);
      if (isFree && guardHost(action, status) === undefined) {
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
  if (situation.hasResult) {
    tokens.push('has-dismiss', 'can-dismiss');
  }
  return tokens.join(' ');
}
