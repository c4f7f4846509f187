import type { HostFigures, HostView } from '../../../contract/dashboard.ts';
import { isReachable, type Host, type HostStatus } from '../../../model/host.ts';
import type { Pool } from '../../../model/pool.ts';
import type { NodeSample } from '../../../model/sample.ts';
import { isBadEntry, type HostEntry } from '../../hosts/hostSettings.ts';
import type { L10n } from '../../l10n.ts';
import { describeStatus } from '../../views/hosts/hostRow.ts';
import { inMiB } from './vmView.ts';

/** @param host undefined of an entry that cannot be used */
export function hostView(
  id: number,
  entry: HostEntry,
  host: Host | undefined,
  { now, l10n }: { readonly now: number; readonly l10n: L10n },
): HostView {
  if (isBadEntry(entry) || !host) {
    return {
      ...{ id, name: entry.name, standing: 'lost', status: 'needsAttention' },
      statusText: l10n.t('cannot be used: {0}', isBadEntry(entry) ? l10n.t(entry.problem) : ''),
      ...{ hasHelp: true, canConnect: false, cpus: null },
      ...{ poolCapacityBytes: null, poolAllocationBytes: null },
    };
  }
  const { state } = host.status;
  const isWaiting = state === 'disconnected' || state === 'needsAttention';
  const pools = [...host.pools.values()].filter((pool) => pool.state !== 'inactive');
  return {
    id,
    name: entry.name,
    standing: standingOf(host.status),
    statusText: describeStatus(host.status, now, l10n),
    status: state,
    hasHelp: isWaiting || state === 'degraded',
    canConnect: isWaiting || state === 'idle',
    cpus: host.node?.cpus ?? null,
    poolCapacityBytes: sum(pools, ({ capacityBytes }) => capacityBytes),
    poolAllocationBytes: sum(pools, ({ allocationBytes }) => allocationBytes),
  };
}

/** @param now when its VMs were sampled, of a host that tells nothing of itself */
export function hostFigures(id: number, sample: NodeSample | undefined, now: number): HostFigures {
  return [
    id,
    sample?.at ?? now,
    sample?.cpuUse === undefined ? null : Math.round(sample.cpuUse * 1_000),
    inMiB(sample?.memoryUsedKiB),
    inMiB(sample?.memoryTotalKiB),
  ];
}

function standingOf(status: HostStatus): HostView['standing'] {
  if (!isReachable(status)) {
    return 'lost';
  }
  return status.state === 'degraded' ? 'poor' : 'up';
}

function sum(pools: readonly Pool[], pick: (pool: Pool) => number): number | null {
  return pools.length === 0 ? null : pools.reduce((total, pool) => total + pick(pool), 0);
}
