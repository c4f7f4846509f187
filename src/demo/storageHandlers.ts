import { storagePoolEventId } from '../libvirt/constants.ts';
import { errorCode } from '../libvirt/errors.ts';
import * as connect from '../libvirt/protocol/connect.ts';
import { storagePoolLifecycleEvent, storagePoolRefreshEvent } from '../libvirt/protocol/events.ts';
import * as resources from '../libvirt/protocol/networkAndStorage.ts';
import * as others from '../libvirt/protocol/otherClients.ts';
import { formatUuid } from '../model/uuid.ts';
import { DemoRefusal, invalidOperation, refusalDomain } from './refusal.ts';
import { matchesList, type DemoPool } from './resources.ts';
import type { Handlers } from './serving.ts';
import { volumesOf, type PlacedVolume } from './vmVolumes.ts';
import type { World } from './world.ts';
import { element, formatTree } from './xmlTree.ts';

interface WirePool {
  readonly name: string;
  readonly uuid: Uint8Array;
}

interface WireVolume {
  readonly pool: string;
  readonly name: string;
  readonly key: string;
}

/** `virStoragePoolEventLifecycleType` */
const poolStarted = 2;
const poolStopped = 3;
/** `virStoragePoolState` */
const poolInactive = 0;
const poolRunning = 2;

/** Pools and what is in them. */
export function handleStorage(handlers: Handlers, world: World): void {
  const contents = new PoolContents(world);
  const get = ({ uuid }: WirePool): DemoPool =>
    foundPool(
      world.pools.find((pool) => pool.uuid.every((byte, at) => byte === uuid[at])),
      `no storage pool with matching uuid '${formatUuid(uuid)}'`,
    );
  const getActive = (pool: WirePool): DemoPool => {
    const found = get(pool);
    if (!found.active) {
      throw invalidOperation(`storage pool '${found.name}' is not active`, refusalDomain.storage);
    }
    return found;
  };
  handlers
    .on(connect.connectListAllStoragePools, ({ needResults, flags }) => {
      const pools = world.pools.filter((pool) => matchesList(pool, flags));
      return { pools: needResults === 0 ? [] : pools, ret: pools.length };
    })
    .on(others.storagePoolLookupByName, ({ name }) => ({
      pool: foundPool(
        world.pools.find((pool) => pool.name === name),
        `no storage pool with matching name '${name}'`,
      ),
    }))
    .on(others.storagePoolLookupByUuid, ({ uuid }) => ({ pool: get({ name: '', uuid }) }))
    .on(others.storagePoolIsActive, ({ pool }) => ({ active: get(pool).active ? 1 : 0 }))
    .on(others.storagePoolIsPersistent, ({ pool }) => ({
      persistent: get(pool).name === '' ? 0 : 1,
    }))
    .on(others.storagePoolSetAutostart, ({ pool, autostart }) => {
      get(pool).autostart = autostart !== 0;
    })
    .on(others.storagePoolCreate, ({ pool }) => {
      const found = get(pool);
      if (found.active) {
        throw invalidOperation(
          `storage pool '${found.name}' is already active`,
          refusalDomain.storage,
        );
      }
      setActive(world, found, true);
    })
    .on(others.storagePoolDestroy, ({ pool }) => {
      setActive(world, getActive(pool), false);
    })
    .on(resources.storagePoolRefresh, ({ pool }) => {
      const found = getActive(pool);
      world.events.emit(
        'storagePool',
        storagePoolEventId.refresh,
        found.uuid,
        storagePoolRefreshEvent,
        (callbackID) => ({ callbackID, pool: found }),
      );
    })
    .on(resources.storagePoolGetAutostart, ({ pool }) => ({
      autostart: get(pool).autostart ? 1 : 0,
    }))
    .on(resources.storagePoolGetInfo, ({ pool }) => {
      const found = get(pool);
      const { capacity, allocation } = contents.sizeOf(found);
      return {
        state: found.active ? poolRunning : poolInactive,
        capacity,
        allocation,
        available: capacity - allocation,
      };
    })
    .on(resources.storagePoolGetXmlDesc, ({ pool }) => {
      const found = get(pool);
      return { xml: poolXml(found, contents.sizeOf(found)) };
    })
    .on(resources.storagePoolListAllVolumes, ({ pool, needResults }) => {
      const found = getActive(pool);
      const vols = contents.of(found).map((volume) => wireVolume(found, volume));
      return { vols: needResults === 0 ? [] : vols, ret: vols.length };
    });
  handleVolumes(handlers, world, contents, getActive);
}

function handleVolumes(
  handlers: Handlers,
  world: World,
  contents: PoolContents,
  getActive: (pool: WirePool) => DemoPool,
): void {
  const byPath = (path: string, otherwise: string): readonly [DemoPool, PlacedVolume] => {
    const volume = contents.byPath(path);
    const pool = world.pools.find((each) => path.startsWith(`${each.path}/`));
    if (!volume || !pool?.active) {
      throw noVolume(otherwise);
    }
    return [pool, volume];
  };
  const get = (vol: WireVolume): PlacedVolume =>
    byPath(vol.key, `no storage vol with matching name '${vol.name}'`)[1];
  handlers
    .on(others.storageVolLookupByName, ({ pool, name }) => {
      const found = getActive(pool);
      const volume = contents.byPath(`${found.path}/${name}`);
      if (!volume) {
        throw noVolume(`no storage vol with matching name '${name}'`);
      }
      return { vol: wireVolume(found, volume) };
    })
    .on(others.storageVolLookupByKey, ({ key }) => ({
      vol: wireVolume(...byPath(key, `no storage vol with matching key ${key}`)),
    }))
    .on(others.storageVolLookupByPath, ({ path }) => ({
      vol: wireVolume(...byPath(path, `no storage vol with matching path '${path}'`)),
    }))
    .on(others.storagePoolLookupByVolume, ({ vol }) => ({
      pool: byPath(vol.key, `no storage vol with matching key ${vol.key}`)[0],
    }))
    .on(others.storageVolGetPath, ({ vol }) => ({ name: get(vol).path }))
    .on(others.storageVolGetXmlDesc, ({ vol }) => ({ xml: volumeXml(get(vol)) }))
    .on(resources.storageVolGetInfo, ({ vol }) => {
      const volume = get(vol);
      return {
        type: 0,
        capacity: BigInt(volume.capacityBytes),
        allocation: BigInt(volume.allocationBytes),
      };
    });
}

/** What is in the pools, kept until VMs come or go. */
class PoolContents {
  readonly #world: World;
  #revision = -1;
  #byPath = new Map<string, PlacedVolume>();

  constructor(world: World) {
    this.#world = world;
  }

  byPath(path: string): PlacedVolume | undefined {
    return this.#index().get(path);
  }

  of(pool: DemoPool): readonly PlacedVolume[] {
    return [...this.#index().values()].filter(({ path }) => path.startsWith(`${pool.path}/`));
  }

  /** Bytes; nothing is known of a pool that is not active. */
  sizeOf(pool: DemoPool): { readonly capacity: bigint; readonly allocation: bigint } {
    if (!pool.active) {
      return { capacity: 0n, allocation: 0n };
    }
    const allocation = this.of(pool).reduce((sum, volume) => sum + volume.allocationBytes, 0);
    return {
      capacity: BigInt(Math.max(pool.capacityBytes, Math.ceil(allocation * 1.25))),
      allocation: BigInt(allocation),
    };
  }

  #index(): ReadonlyMap<string, PlacedVolume> {
    const world = this.#world;
    if (this.#revision !== world.revision) {
      this.#revision = world.revision;
      const volumes = [
        ...world.pools.flatMap((pool) =>
          pool.volumes.map((volume) => ({ ...volume, path: `${pool.path}/${volume.name}` })),
        ),
        ...world.orphans.values(),
        ...[...world.vms].flatMap(volumesOf),
      ];
      this.#byPath = new Map(volumes.map((volume) => [volume.path, volume]));
    }
    return this.#byPath;
  }
}

function setActive(world: World, pool: DemoPool, active: boolean): void {
  pool.active = active;
  const event = active ? poolStarted : poolStopped;
  world.events.emit(
    'storagePool',
    storagePoolEventId.lifecycle,
    pool.uuid,
    storagePoolLifecycleEvent,
    (callbackID) => ({ callbackID, pool, event, detail: 0 }),
  );
}

function wireVolume(pool: DemoPool, volume: PlacedVolume): WireVolume {
  return { pool: pool.name, name: volume.name, key: volume.path };
}

function foundPool(pool: DemoPool | undefined, otherwise: string): DemoPool {
  if (!pool) {
    throw new DemoRefusal(
      errorCode.noStoragePool,
      refusalDomain.storage,
      'Storage pool not found: %s',
      otherwise,
    );
  }
  return pool;
}

function noVolume(detail: string): DemoRefusal {
  return new DemoRefusal(
    errorCode.noStorageVolume,
    refusalDomain.storage,
    'Storage volume not found: %s',
    detail,
  );
}

function poolXml(
  pool: DemoPool,
  { capacity, allocation }: { readonly capacity: bigint; readonly allocation: bigint },
): string {
  const bytes = { unit: 'bytes' };
  return formatTree(
    element(
      'pool',
      { type: 'dir' },
      element('name', {}, pool.name),
      element('uuid', {}, formatUuid(pool.uuid)),
      element('capacity', bytes, String(capacity)),
      element('allocation', bytes, String(allocation)),
      element('available', bytes, String(capacity - allocation)),
      element('source'),
      element('target', {}, element('path', {}, pool.path)),
    ),
  );
}

function volumeXml(volume: PlacedVolume): string {
  const bytes = { unit: 'bytes' };
  return formatTree(
    element(
      'volume',
      { type: 'file' },
      element('name', {}, volume.name),
      element('key', {}, volume.path),
      element('capacity', bytes, String(volume.capacityBytes)),
      element('allocation', bytes, String(volume.allocationBytes)),
      element('physical', bytes, String(volume.allocationBytes)),
      element(
        'target',
        {},
        element('path', {}, volume.path),
        element('format', { type: volume.format }),
      ),
    ),
  );
}
