import type { Connection } from '../libvirt/connection.ts';
import { listResources } from '../libvirt/constants.ts';
import { errorCode, LibvirtError } from '../libvirt/errors.ts';
import {
  connectGetHostname,
  connectGetLibVersion,
  connectGetType,
  connectGetVersion,
  connectListAllNetworks,
  connectListAllStoragePools,
  nodeGetInfo,
} from '../libvirt/protocol/connect.ts';
import {
  networkGetDhcpLeases,
  storagePoolGetInfo,
  storagePoolListAllVolumes,
  storageVolGetInfo,
} from '../libvirt/protocol/networkAndStorage.ts';
import type { HostNode } from '../model/host.ts';
import type { DhcpLease, Network } from '../model/network.ts';
import { poolStates, type Pool, type Volume } from '../model/pool.ts';
import { formatUuid, parseUuid } from '../model/uuid.ts';
import type { Caller } from './partReader.ts';
import { isUnsupported } from './readDomains.ts';

/** Reads what the machine and its libvirt are. */
export async function readNode(connection: Connection): Promise<HostNode> {
  const [hostname, info, libvirt, type, hypervisor] = await Promise.all([
    connection.call(connectGetHostname, undefined),
    connection.call(nodeGetInfo, undefined),
    connection.call(connectGetLibVersion, undefined),
    connection.call(connectGetType, undefined),
    connection.call(connectGetVersion, undefined).catch((error: unknown) => {
      if (isUnsupported(error)) {
        return undefined;
      }
      throw error;
    }),
  ]);
  const nul = info.model.indexOf(0);
  return {
    hostname: hostname.hostname,
    cpuModel: String.fromCharCode(...info.model.slice(0, nul < 0 ? info.model.length : nul)),
    cpus: info.cpus,
    mhz: info.mhz,
    memoryKiB: Number(info.memory),
    libvirtVersion: formatVersion(libvirt.libVer),
    hypervisor: type.type,
    hypervisorVersion: hypervisor && formatVersion(hypervisor.hvVer),
  };
}

/** Reads all networks in a fixed number of calls. */
export async function readNetworks(caller: Caller): Promise<readonly Network[]> {
  const list = async (
    flags: number,
  ): Promise<readonly { readonly name: string; readonly uuid: Uint8Array }[]> =>
    (await caller.call(connectListAllNetworks, { needResults: 1, flags })).nets;
  return (await readMembership(list)).map(({ name, uuid, active, persistent, autostart }) => ({
    uuid,
    name,
    active,
    persistent,
    autostart,
  }));
}

/** Reads all pools and their sizes. */
export async function readPools(caller: Caller): Promise<readonly Pool[]> {
  const list = async (
    flags: number,
  ): Promise<readonly { readonly name: string; readonly uuid: Uint8Array }[]> =>
    (await caller.call(connectListAllStoragePools, { needResults: 1, flags })).pools;
  const members = await readMembership(list);
  return Promise.all(
    members.map(async ({ name, uuid, persistent, autostart }) => {
      const info = await caller.call(storagePoolGetInfo, {
        pool: { name, uuid: parseUuid(uuid) },
      });
      return {
        uuid,
        name,
        state: poolStates[info.state] ?? 'inactive',
        persistent,
        autostart,
        capacityBytes: Number(info.capacity),
        allocationBytes: Number(info.allocation),
        availableBytes: Number(info.available),
      };
    }),
  );
}

/** Reads the volumes of a pool with their sizes; one that is deleted meanwhile is left out. */
export async function readVolumes(
  connection: Connection,
  pool: Pick<Pool, 'name' | 'uuid'>,
): Promise<readonly Volume[]> {
  const { vols } = await connection.call(storagePoolListAllVolumes, {
    pool: { name: pool.name, uuid: parseUuid(pool.uuid) },
    needResults: 1,
    flags: 0,
  });
  const volumes = await Promise.all(
    vols.map(async (vol): Promise<Volume | undefined> => {
      try {
        const info = await connection.call(storageVolGetInfo, { vol });
        return {
          name: vol.name,
          key: vol.key,
          capacityBytes: Number(info.capacity),
          allocationBytes: Number(info.allocation),
        };
      } catch (error) {
        if (error instanceof LibvirtError && error.code === errorCode.noStorageVolume) {
          return undefined;
        }
        throw error;
      }
    }),
  );
  return volumes.filter((volume) => volume !== undefined);
}

/** Reads the leases of a network; none where the driver cannot tell. */
export async function readLeases(
  connection: Connection,
  network: Pick<Network, 'name' | 'uuid'>,
): Promise<readonly DhcpLease[]> {
  try {
    const { leases } = await connection.call(networkGetDhcpLeases, {
      net: { name: network.name, uuid: parseUuid(network.uuid) },
      mac: null,
      needResults: 1,
      flags: 0,
    });
    return leases.map((lease) => ({
      mac: lease.mac,
      address: lease.ipaddr,
      prefix: lease.prefix,
      hostname: lease.hostname,
      expiresAt: Number(lease.expirytime),
    }));
  } catch (error) {
    if (isUnsupported(error)) {
      return [];
    }
    throw error;
  }
}

interface Member {
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
  readonly persistent: boolean;
  readonly autostart: boolean;
}

/** The first list goes alone: should it be held up, the connection has places left for others. */
async function readMembership(
  list: (flags: number) => Promise<readonly { readonly name: string; readonly uuid: Uint8Array }[]>,
): Promise<readonly Member[]> {
  const members = async (flags: number): Promise<ReadonlySet<string>> =>
    new Set((await list(flags)).map((member) => formatUuid(member.uuid)));
  const all = await list(0);
  const [active, persistent, autostart] = await Promise.all([
    members(listResources.active),
    members(listResources.persistent),
    members(listResources.autostart),
  ]);
  return all.map((member) => {
    const uuid = formatUuid(member.uuid);
    return {
      name: member.name,
      uuid,
      active: active.has(uuid),
      persistent: persistent.has(uuid),
      autostart: autostart.has(uuid),
    };
  });
}

/** libvirt packs versions as major * 1,000,000 + minor * 1,000 + release. */
function formatVersion(version: bigint): string {
  return `${version / 1_000_000n}.${(version / 1_000n) % 1_000n}.${version % 1_000n}`;
}
