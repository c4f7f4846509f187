import {
  array,
  fixedArray,
  char,
  int,
  nothing,
  optional,
  struct,
  uhyper,
  uint,
} from '../xdr/codec.ts';
import { domainStatsList } from './domainStats.ts';
import { procedure } from './procedure.ts';
import {
  domain,
  listAll,
  network,
  nodeDevice,
  optionalText,
  secret,
  storagePool,
  text,
} from './types.ts';

const domainListMax = 16_384;
const callback = struct({ callbackID: int });

/** `name` is the daemon's own URI, without transport or host; flag 1 asks for a read-only connection. */
export const connectOpen = procedure(
  'connectOpen',
  1,
  struct({ name: optionalText, flags: uint }),
  nothing,
);
export const connectClose = procedure('connectClose', 2, nothing, nothing);
export const connectGetType = procedure('connectGetType', 3, nothing, struct({ type: text }));
/** The hypervisor's version: major * 1,000,000 + minor * 1,000 + release. */
export const connectGetVersion = procedure(
  'connectGetVersion',
  4,
  nothing,
  struct({ hvVer: uhyper }),
);
export const nodeGetInfo = procedure(
  'nodeGetInfo',
  6,
  nothing,
  struct({
    /** A C string in an array of characters. */
    model: fixedArray(char, 32),
    /** KiB. */
    memory: uhyper,
    cpus: int,
    mhz: int,
    nodes: int,
    sockets: int,
    cores: int,
    threads: int,
  }),
);
export const connectGetCapabilities = procedure(
  'connectGetCapabilities',
  7,
  nothing,
  struct({ capabilities: text }),
);
export const connectGetHostname = procedure(
  'connectGetHostname',
  59,
  nothing,
  struct({ hostname: text }),
);
export const connectSupportsFeature = procedure(
  'connectSupportsFeature',
  60,
  struct({ feature: int }),
  struct({ supported: int }),
);
export const authList = procedure('authList', 66, nothing, struct({ types: array(int, 20) }));
export const authPolkit = procedure('authPolkit', 70, nothing, struct({ complete: int }));
/** libvirt's version: major * 1,000,000 + minor * 1,000 + release. */
export const connectGetLibVersion = procedure(
  'connectGetLibVersion',
  157,
  nothing,
  struct({ libVer: uhyper }),
);

const nodeStatistics = struct({
  params: array(struct({ field: text, value: uhyper }), 16),
  nparams: int,
});
/** Nanoseconds since boot by kind; `nparams` 0 asks how many there are, `cpuNum` -1 means all together. */
export const nodeGetCpuStats = procedure(
  'nodeGetCpuStats',
  227,
  struct({ cpuNum: int, nparams: int, flags: uint }),
  nodeStatistics,
);
/** KiB by kind; `nparams` 0 asks how many there are, `cellNum` -1 means all together. */
export const nodeGetMemoryStats = procedure(
  'nodeGetMemoryStats',
  228,
  struct({ nparams: int, cellNum: int, flags: uint }),
  nodeStatistics,
);

export const connectListAllDomains = procedure(
  'connectListAllDomains',
  273,
  listAll,
  struct({ domains: array(domain, domainListMax), ret: uint }),
);
export const connectListAllStoragePools = procedure(
  'connectListAllStoragePools',
  281,
  listAll,
  struct({ pools: array(storagePool, 16_384), ret: uint }),
);
export const connectListAllNetworks = procedure(
  'connectListAllNetworks',
  283,
  listAll,
  struct({ nets: array(network, 16_384), ret: uint }),
);

/** An empty list of domains means all that `flags` select; `stats` is a mask of groups. */
export const connectGetAllDomainStats = procedure(
  'connectGetAllDomainStats',
  344,
  struct({ doms: array(domain, domainListMax), stats: uint, flags: uint }),
  struct({ retStats: domainStatsList(domainListMax) }),
);

export const connectNetworkEventRegisterAny = procedure(
  'connectNetworkEventRegisterAny',
  313,
  struct({ eventID: int, net: optional(network) }),
  callback,
);
export const connectDomainEventCallbackRegisterAny = procedure(
  'connectDomainEventCallbackRegisterAny',
  316,
  struct({ eventID: int, dom: optional(domain) }),
  callback,
);
/** Ends a registration of domain events. */
export const connectDomainEventCallbackDeregisterAny = procedure(
  'connectDomainEventCallbackDeregisterAny',
  317,
  callback,
  nothing,
);
/** Asks to be told when the daemon loses its own hypervisor. */
export const connectRegisterCloseCallback = procedure(
  'connectRegisterCloseCallback',
  360,
  nothing,
  nothing,
);
export const connectStoragePoolEventRegisterAny = procedure(
  'connectStoragePoolEventRegisterAny',
  368,
  struct({ eventID: int, pool: optional(storagePool) }),
  callback,
);
export const connectNodeDeviceEventRegisterAny = procedure(
  'connectNodeDeviceEventRegisterAny',
  374,
  struct({ eventID: int, dev: optional(nodeDevice) }),
  callback,
);
export const connectSecretEventRegisterAny = procedure(
  'connectSecretEventRegisterAny',
  380,
  struct({ eventID: int, secret: optional(secret) }),
  callback,
);
