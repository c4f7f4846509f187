import type { Domain, DomainDetails } from '../model/domain.ts';
import type { HostStatus } from '../model/host.ts';
import type { DhcpLease, Network } from '../model/network.ts';
import type { Pool, Volume } from '../model/pool.ts';

/** One thing that became different on a host. */
export type HostChange =
  | { readonly kind: 'status'; readonly status: HostStatus }
  /** Everything was read for the first time: `readAt` is known. */
  | { readonly kind: 'read' }
  | { readonly kind: 'node' }
  | { readonly kind: 'domainAdded'; readonly domain: Domain }
  | { readonly kind: 'domainChanged'; readonly domain: Domain; readonly before: Domain }
  | { readonly kind: 'domainRemoved'; readonly domain: Domain }
  | { readonly kind: 'domainDetails'; readonly uuid: string; readonly details: DomainDetails }
  | { readonly kind: 'networkAdded'; readonly network: Network }
  | { readonly kind: 'networkChanged'; readonly network: Network; readonly before: Network }
  | { readonly kind: 'networkRemoved'; readonly network: Network }
  | { readonly kind: 'leases'; readonly uuid: string; readonly leases: readonly DhcpLease[] }
  | { readonly kind: 'poolAdded'; readonly pool: Pool }
  | { readonly kind: 'poolChanged'; readonly pool: Pool; readonly before: Pool }
  | { readonly kind: 'poolRemoved'; readonly pool: Pool }
  | { readonly kind: 'volumes'; readonly uuid: string; readonly volumes: readonly Volume[] }
  /** What is known of these VMs' addresses, in the session's `addresses`. */
  | { readonly kind: 'addresses'; readonly uuids: readonly string[] }
  | { readonly kind: 'devices' }
  | { readonly kind: 'secrets' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }
  /** New figures of these VMs, and of the host, are in the sampler. */
  | { readonly kind: 'sampled'; readonly uuids: readonly string[] };
