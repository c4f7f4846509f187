import type { VmState } from '../../../contract/vmStates.ts';
import type { DomainState } from '../../../libvirt/constants.ts';
import type { Domain } from '../../../model/domain.ts';
import { isReachable, type HostStatus } from '../../../model/host.ts';

/** How a VM shows, in one word. */
export type VmCategory = VmState;

const ofState: Readonly<Record<DomainState, VmCategory>> = {
  nostate: 'unknown',
  running: 'running',
  blocked: 'running',
  // The guest is on its way down, and still runs
  shutdown: 'running',
  paused: 'paused',
  shutoff: 'off',
  crashed: 'crashed',
  pmsuspended: 'sleeping',
};

/** How a VM shows. Of a host that cannot be asked, nothing is certain. */
export function vmCategory(domain: Domain, status: HostStatus): VmCategory {
  if (!isReachable(status)) {
    return 'unknown';
  }
  if (domain.notAnsweringSince !== undefined) {
    return 'notAnswering';
  }
  const category = ofState[domain.state];
  if (category !== 'off') {
    return category;
  }
  if (domain.reason === 'crashed') {
    return 'crashed';
  }
  return domain.hasManagedSave ? 'saved' : 'off';
}
