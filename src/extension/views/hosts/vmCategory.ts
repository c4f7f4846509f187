import type { DomainState } from '../../../libvirt/constants.ts';
import type { Domain } from '../../../model/domain.ts';
import { isReachable, type HostStatus } from '../../../model/host.ts';

/** The kinds of VMs that look different, the most urgent first. */
export const vmCategories = [
  'crashed',
  'notAnswering',
  'running',
  'paused',
  'sleeping',
  'saved',
  'off',
  'unknown',
] as const;
export type VmCategory = (typeof vmCategories)[number];

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
