import type { Domain } from '../model/domain.ts';
import type { Host, HostNode, HostStatus } from '../model/host.ts';
import type { Network } from '../model/network.ts';
import type { Pool } from '../model/pool.ts';
import type { HostChange } from './changes.ts';

/**
 * The current picture of one host. Records are replaced, never altered; the snapshot is made when somebody
 * asks for one, so that a burst of events costs no copies.
 */
export class HostModel {
  readonly #name: string;
  readonly #uri: string;
  readonly #report: (change: HostChange) => void;
  readonly #domains = new Map<string, Domain>();
  readonly #networks = new Map<string, Network>();
  readonly #pools = new Map<string, Pool>();
  #status: HostStatus = { state: 'idle' };
  #node: HostNode | undefined;
  #devicesRevision = 0;
  #secretsRevision = 0;
  #readAt: number | undefined;
  #problems: readonly string[] = [];
  #revision = 0;
  #snapshot: Host | undefined;

  /** @param report is told each change once, after it was made. */
  constructor(name: string, uri: string, report: (change: HostChange) => void) {
    this.#name = name;
    this.#uri = uri;
    this.#report = report;
  }

  get snapshot(): Host {
    this.#snapshot ??= Object.freeze({
      name: this.#name,
      uri: this.#uri,
      status: this.#status,
      node: this.#node,
      domains: new Map(this.#domains),
      networks: new Map(this.#networks),
      pools: new Map(this.#pools),
      devicesRevision: this.#devicesRevision,
      secretsRevision: this.#secretsRevision,
      readAt: this.#readAt,
      problems: this.#problems,
      revision: this.#revision,
    });
    return this.#snapshot;
  }

  get status(): HostStatus {
    return this.#status;
  }

  get node(): HostNode | undefined {
    return this.#node;
  }

  domain(uuid: string): Domain | undefined {
    return this.#domains.get(uuid);
  }

  get domainCount(): number {
    return this.#domains.size;
  }

  domains(): IterableIterator<Domain> {
    return this.#domains.values();
  }

  setStatus(status: HostStatus): void {
    if (!isSame(this.#status, status)) {
      this.#status = status;
      this.#changed({ kind: 'status', status });
    }
  }

  setNode(node: HostNode): void {
    if (!this.#node || !isSame(this.#node, node)) {
      this.#node = node;
      this.#changed({ kind: 'node' });
    }
  }

  setProblems(problems: readonly string[]): void {
    if (this.#problems.join('\n') !== problems.join('\n')) {
      this.#problems = problems;
      this.#changed({ kind: 'problems', problems });
    }
  }

  setReadAt(at: number): void {
    const isFirst = this.#readAt === undefined;
    this.#readAt = at;
    this.#snapshot = undefined;
    if (isFirst) {
      this.#changed({ kind: 'read' });
    }
  }

  devicesChanged(): void {
    this.#devicesRevision++;
    this.#changed({ kind: 'devices' });
  }

  secretsChanged(): void {
    this.#secretsRevision++;
    this.#changed({ kind: 'secrets' });
  }

  putDomain(domain: Domain): void {
    const before = this.#domains.get(domain.uuid);
    if (!before) {
      this.#domains.set(domain.uuid, domain);
      this.#changed({ kind: 'domainAdded', domain });
    } else if (!isSame(before, domain)) {
      this.#domains.set(domain.uuid, domain);
      this.#changed({ kind: 'domainChanged', domain, before });
    }
  }

  removeDomain(uuid: string): void {
    const domain = this.#domains.get(uuid);
    if (domain) {
      this.#domains.delete(uuid);
      this.#changed({ kind: 'domainRemoved', domain });
    }
  }

  replaceNetworks(networks: readonly Network[]): void {
    replaceAll(this.#networks, networks, {
      added: (network) => {
        this.#changed({ kind: 'networkAdded', network });
      },
      changed: (network, before) => {
        this.#changed({ kind: 'networkChanged', network, before });
      },
      removed: (network) => {
        this.#changed({ kind: 'networkRemoved', network });
      },
    });
  }

  replacePools(pools: readonly Pool[]): void {
    replaceAll(this.#pools, pools, {
      added: (pool) => {
        this.#changed({ kind: 'poolAdded', pool });
      },
      changed: (pool, before) => {
        this.#changed({ kind: 'poolChanged', pool, before });
      },
      removed: (pool) => {
        this.#changed({ kind: 'poolRemoved', pool });
      },
    });
  }

  #changed(change: HostChange): void {
    this.#revision++;
    this.#snapshot = undefined;
    this.#report(change);
  }
}

function replaceAll<T extends { readonly uuid: string }>(
  into: Map<string, T>,
  records: readonly T[],
  report: {
    readonly added: (record: T) => void;
    readonly changed: (record: T, before: T) => void;
    readonly removed: (record: T) => void;
  },
): void {
  const present = new Set(records.map((record) => record.uuid));
  for (const [uuid, record] of [...into]) {
    if (!present.has(uuid)) {
      into.delete(uuid);
      report.removed(record);
    }
  }
  for (const record of records) {
    const before = into.get(record.uuid);
    into.set(record.uuid, record);
    if (!before) {
      report.added(record);
    } else if (!isSame(before, record)) {
      report.changed(record, before);
    }
  }
}

/** Whether two flat records have the same fields. Compares thousands at a time, so it makes no lists of entries. */
function isSame<T extends object>(a: T, b: T): boolean {
  let fields = 0;
  for (const key in a) {
    if (!Object.is(a[key], b[key])) {
      return false;
    }
    fields++;
  }
  return fields === Object.keys(b).length;
}
