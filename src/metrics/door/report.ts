import type { HostSession } from '../../inventory/hostSession.ts';
import type { Domain } from '../../model/domain.ts';
import type { Host } from '../../model/host.ts';
import type { Network } from '../../model/network.ts';
import type { Pool } from '../../model/pool.ts';
import type { DomainSample, NodeSample } from '../../model/sample.ts';

/** A VM with its last figures; undefined while it has none, such as one that is off. */
export interface DomainReport extends Domain {
  readonly sample: DomainSample | undefined;
}

/** A host with all that is known of it. */
export interface HostReport extends Pick<Host, 'name' | 'uri' | 'status' | 'node' | 'problems'> {
  readonly sample: NodeSample | undefined;
  readonly domains: readonly DomainReport[];
  readonly networks: readonly Network[];
  readonly pools: readonly Pool[];
}

/** Collects what a session knows now; VMs, networks and pools by name. */
export function reportHost(session: HostSession): HostReport {
  const { name, uri, status, node, problems, domains, networks, pools } = session.snapshot;
  return {
    name,
    uri,
    status,
    node,
    problems,
    sample: session.sampler.node,
    domains: byName(domains.values()).map((domain) => ({
      ...domain,
      sample: session.sampler.domain(domain.uuid),
    })),
    networks: byName(networks.values()),
    pools: byName(pools.values()),
  };
}

function byName<T extends { readonly name: string }>(records: Iterable<T>): readonly T[] {
  return [...records].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}
