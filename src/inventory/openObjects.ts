import type { Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Connection } from '../libvirt/connection.ts';
import { domainXmlFlag } from '../libvirt/constants.ts';
import { LibvirtError, TransportError } from '../libvirt/errors.ts';
import { domainGetXmlDesc, domainListAllSnapshots } from '../libvirt/protocol/domain.ts';
import { isActive, type Domain, type DomainDetails } from '../model/domain.ts';
import type { Network } from '../model/network.ts';
import type { Pool } from '../model/pool.ts';
import type { HostChange } from './changes.ts';
import { isUnsupported, wireDomain } from './readDomains.ts';
import { readLeases, readVolumes } from './readResources.ts';

export interface OpenObjectsOptions {
  /** Undefined while the host is not connected. */
  readonly connection: () => Connection | undefined;
  readonly domain: (uuid: string) => Domain | undefined;
  readonly network: (uuid: string) => Network | undefined;
  readonly pool: (uuid: string) => Pool | undefined;
  readonly report: (change: HostChange) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What somebody has open, and therefore wants to know more of than the lists tell: a VM's definitions and
 * snapshots, a pool's volumes, a network's leases. libvirt sends no events for most of it, so it is read when
 * opened, after our own actions, and once a minute while somebody looks.
 */
export class OpenObjects {
  readonly #options: OpenObjectsOptions;
  readonly #domains = new OpenSet();
  readonly #networks = new OpenSet();
  readonly #pools = new OpenSet();

  constructor(options: OpenObjectsOptions) {
    this.#options = options;
  }

  openDomain(uuid: string): Disposable {
    return this.#open(this.#domains, uuid, () => this.rereadDomain(uuid));
  }

  openNetwork(uuid: string): Disposable {
    return this.#open(this.#networks, uuid, () => this.#rereadNetwork(uuid));
  }

  openPool(uuid: string): Disposable {
    return this.#open(this.#pools, uuid, () => this.#rereadPool(uuid));
  }

  isDomainOpen(uuid: string): boolean {
    return this.#domains.has(uuid);
  }

  async rereadAll(): Promise<void> {
    await Promise.all([
      ...this.#domains.uuids.map((uuid) => this.rereadDomain(uuid)),
      this.rereadNetworks(),
      this.rereadPools(),
    ]);
  }

  async rereadNetworks(): Promise<void> {
    await Promise.all(this.#networks.uuids.map((uuid) => this.#rereadNetwork(uuid)));
  }

  async rereadPools(): Promise<void> {
    await Promise.all(this.#pools.uuids.map((uuid) => this.#rereadPool(uuid)));
  }

  async rereadDomain(uuid: string): Promise<void> {
    const domain = this.#options.domain(uuid);
    if (domain && this.#domains.has(uuid)) {
      await this.#read(`details of ${domain.name}`, this.#domains, uuid, async (connection) => {
        const details = await readDetails(connection, domain, this.#options.clock.now());
        return { kind: 'domainDetails', uuid, details };
      });
    }
  }

  async #rereadNetwork(uuid: string): Promise<void> {
    const network = this.#options.network(uuid);
    if (network && this.#networks.has(uuid)) {
      await this.#read(`leases of ${network.name}`, this.#networks, uuid, async (connection) => {
        const leases = network.active ? await readLeases(connection, network) : [];
        return { kind: 'leases', uuid, leases };
      });
    }
  }

  async #rereadPool(uuid: string): Promise<void> {
    const pool = this.#options.pool(uuid);
    if (pool && this.#pools.has(uuid)) {
      await this.#read(`volumes of ${pool.name}`, this.#pools, uuid, async (connection) => {
        const volumes = pool.state === 'inactive' ? [] : await readVolumes(connection, pool);
        return { kind: 'volumes', uuid, volumes };
      });
    }
  }

  #open(set: OpenSet, uuid: string, read: () => Promise<void>): Disposable {
    set.add(uuid);
    read().catch((error: unknown) => {
      this.#options.log.error(messageOf(error));
    });
    return toDisposable(() => {
      set.remove(uuid);
    });
  }

  /**
   * Reads and reports, unless a later reading of the same object was reported first or nobody has it open any
   * more. What vanished or broke meanwhile is told by the events and the session; here it only ends the reading.
   */
  async #read(
    what: string,
    set: OpenSet,
    uuid: string,
    read: (connection: Connection) => Promise<HostChange>,
  ): Promise<void> {
    const connection = this.#options.connection();
    if (!connection) {
      return;
    }
    const isNews = set.beginReading(uuid);
    try {
      const change = await read(connection);
      if (isNews()) {
        this.#options.report(change);
      }
    } catch (error) {
      if (!(error instanceof LibvirtError) && !(error instanceof TransportError)) {
        throw error;
      }
      this.#options.log.warn(`The ${what} could not be read: ${error.message}`);
    }
  }
}

interface OpenObject {
  /** How many have it open. */
  count: number;
  /** The start of the reading that was reported last. */
  reported: number;
}

/** Which objects are open, and how recent what was told of each is. */
class OpenSet {
  readonly #objects = new Map<string, OpenObject>();
  #readings = 0;

  get uuids(): readonly string[] {
    return [...this.#objects.keys()];
  }

  has(uuid: string): boolean {
    return this.#objects.has(uuid);
  }

  add(uuid: string): void {
    const known = this.#objects.get(uuid);
    if (known) {
      known.count++;
    } else {
      this.#objects.set(uuid, { count: 1, reported: 0 });
    }
  }

  remove(uuid: string): void {
    const known = this.#objects.get(uuid);
    if (known && --known.count === 0) {
      this.#objects.delete(uuid);
    }
  }

  /** @returns to be called once, when the reading is done: whether what it read is to be told. */
  beginReading(uuid: string): () => boolean {
    const started = ++this.#readings;
    return () => {
      const known = this.#objects.get(uuid);
      if (!known || known.reported > started) {
        return false;
      }
      known.reported = started;
      return true;
    };
  }
}

async function readDetails(
  connection: Connection,
  domain: Domain,
  now: number,
): Promise<DomainDetails> {
  const dom = wireDomain(domain);
  const xml = async (flags: number): Promise<string> =>
    (await connection.call(domainGetXmlDesc, { dom, flags })).xml;
  const [liveXml, inactiveXml, snapshots] = await Promise.all([
    isActive(domain.state) ? xml(0) : null,
    domain.persistent ? xml(domainXmlFlag.inactive) : null,
    connection
      .call(domainListAllSnapshots, { dom, needResults: 1, flags: 0 })
      .then((reply) => reply.snapshots.map((snapshot) => snapshot.name))
      .catch((error: unknown) => {
        if (isUnsupported(error)) {
          return [];
        }
        throw error;
      }),
  ]);
  return { liveXml, inactiveXml, snapshots, readAt: now };
}
