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

/** The texts made so far, by all they depend on: thousands of VMs have few between them. */
const known = new Map<number, string>();

/**
 * The context value of a VM's row: `vm`, and for each action `has-…` if its state allows it (so it is shown) and
 * `can-…` if it can also be done now (so it is enabled).
 */
export function vmTokens(domain: Domain, status: HostStatus, situation: VmSituation): string {
  let key = 0;
  for (const action of vmActions) {
    key = key * 2 + Number(guardState(action, domain) === undefined);
  }
  // What a host lets be done is the same for all that changes something, and for all that only looks
  for (const action of ['start', 'openDefinition'] as const) {
    key = key * 2 + Number(guardHost(action, status) === undefined);
  }
  const { isBusy, canCancel, hasResult, hasAddress } = situation;
  for (const flag of [isBusy, canCancel, hasResult, hasAddress]) {
    key = key * 2 + Number(flag);
  }
  let tokens = known.get(key);
  if (tokens === undefined) {
    tokens = makeTokens(domain, status, situation);
    known.set(key, tokens);
  }
  return tokens;
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
