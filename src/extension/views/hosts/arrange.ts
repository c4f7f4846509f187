import { vmStates } from '../../../contract/vmStates.ts';
import type { Domain } from '../../../model/domain.ts';
import type { Host } from '../../../model/host.ts';
import type { DomainSample } from '../../../model/sample.ts';
import { vmCategory } from './vmCategory.ts';

export type GroupBy = 'host' | 'state';
export type SortBy = 'name' | 'state' | 'cpu' | 'memory';

/** How the tree is arranged; the person's choice. */
export interface Arrangement {
  readonly groupBy: GroupBy;
  readonly sortBy: SortBy;
  /** A query (`src/query`); empty shows everything. */
  readonly filter: string;
}

/** A VM as the arranging needs it. */
export interface ArrangedVm {
  readonly host: Pick<Host, 'name' | 'status'>;
  readonly domain: Domain;
  readonly sample: DomainSample | undefined;
  readonly addresses: readonly string[];
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Orders the VMs of a host by name, as people count. */
export function compareNames(a: Domain, b: Domain): number {
  return collator.compare(a.name, b.name) || (a.uuid < b.uuid ? -1 : 1);
}

/**
 * Orders VMs; equal ones by name, then by host and UUID, so that rows never swap without a reason.
 * @param isByName they are in the order of their names already, as those of one host are
 */
export function compareVms(
  sortBy: SortBy,
  { isByName }: { readonly isByName: boolean },
): (a: ArrangedVm, b: ArrangedVm) => number {
  const compare = compareBy[sortBy];
  return isByName
    ? compare
    : (a, b) =>
        compare(a, b) ||
        collator.compare(a.domain.name, b.domain.name) ||
        collator.compare(a.host.name, b.host.name) ||
        (a.domain.uuid < b.domain.uuid ? -1 : 1);
}

const compareBy: Readonly<Record<SortBy, (a: ArrangedVm, b: ArrangedVm) => number>> = {
  name: () => 0,
  state: (a, b) => rank(a) - rank(b),
  cpu: (a, b) => (b.sample?.cpuCores ?? -1) - (a.sample?.cpuCores ?? -1),
  memory: (a, b) => memory(b) - memory(a),
};

function rank({ domain, host }: ArrangedVm): number {
  return vmStates.indexOf(vmCategory(domain, host.status));
}

function memory({ domain, sample }: ArrangedVm): number {
  return sample?.memoryKiB ?? domain.memoryKiB ?? -1;
}
