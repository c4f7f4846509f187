/** Procedures that this client has no use for, but that virsh and other clients call of a daemon. */
import { array, char, hyper, int, nothing, opaque, struct, uhyper, uint } from '../xdr/codec.ts';
import { procedure } from './procedure.ts';
import {
  domain,
  domainAndFlags,
  network,
  nodeDevice,
  onlyDomain,
  secret,
  storagePool,
  storageVolume,
  text,
  typedParameters,
  uuid,
  listAll,
} from './types.ts';

const onlyNetwork = struct({ net: network });
const onlyPool = struct({ pool: storagePool });
const onlyVolume = struct({ vol: storageVolume });
const byName = struct({ name: text });
const byUuid = struct({ uuid });
const isActive = struct({ active: int });
const isPersistent = struct({ persistent: int });
const number = struct({ num: int });
const callback = struct({ callbackID: int });

export const domainCreate = procedure('domainCreate', 9, onlyDomain, nothing);
export const domainDefineXml = procedure(
  'domainDefineXml',
  11,
  struct({ xml: text }),
  struct({ dom: domain }),
);
export const domainDestroy = procedure('domainDestroy', 12, onlyDomain, nothing);
export const domainGetMaxVcpus = procedure('domainGetMaxVcpus', 18, onlyDomain, number);
export const domainGetOsType = procedure('domainGetOsType', 19, onlyDomain, struct({ type: text }));
export const domainGetVcpus = procedure(
  'domainGetVcpus',
  20,
  struct({ dom: domain, maxinfo: int, maplen: int }),
  struct({
    /** `cpuTime` in nanoseconds. */
    info: array(struct({ number: uint, state: int, cpuTime: uhyper, cpu: int }), 16_384),
    cpumaps: opaque(8_388_608),
  }),
);
export const connectListDefinedDomains = procedure(
  'connectListDefinedDomains',
  21,
  struct({ maxnames: int }),
  struct({ names: array(text, 16_384) }),
);
export const domainLookupById = procedure(
  'domainLookupById',
  22,
  struct({ id: int }),
  struct({ dom: domain }),
);
export const connectNumOfDefinedDomains = procedure(
  'connectNumOfDefinedDomains',
  25,
  nothing,
  number,
);
export const domainShutdown = procedure('domainShutdown', 33, onlyDomain, nothing);
export const domainUndefine = procedure('domainUndefine', 35, onlyDomain, nothing);
export const connectListDomains = procedure(
  'connectListDomains',
  37,
  struct({ maxids: int }),
  struct({ ids: array(int, 16_384) }),
);
export const networkCreate = procedure('networkCreate', 39, onlyNetwork, nothing);
export const networkDestroy = procedure('networkDestroy', 42, onlyNetwork, nothing);
export const networkGetBridgeName = procedure(
  'networkGetBridgeName',
  45,
  onlyNetwork,
  struct({ name: text }),
);
export const networkLookupByName = procedure('networkLookupByName', 46, byName, onlyNetwork);
export const networkLookupByUuid = procedure('networkLookupByUuid', 47, byUuid, onlyNetwork);
export const networkSetAutostart = procedure(
  'networkSetAutostart',
  48,
  struct({ net: network, autostart: int }),
  nothing,
);
export const connectNumOfDomains = procedure('connectNumOfDomains', 51, nothing, number);
export const domainBlockStats = procedure(
  'domainBlockStats',
  64,
  struct({ dom: domain, path: text }),
  struct({ rdReq: hyper, rdBytes: hyper, wrReq: hyper, wrBytes: hyper, errs: hyper }),
);
export const domainInterfaceStats = procedure(
  'domainInterfaceStats',
  65,
  struct({ dom: domain, device: text }),
  struct({
    rxBytes: hyper,
    rxPackets: hyper,
    rxErrs: hyper,
    rxDrop: hyper,
    txBytes: hyper,
    txPackets: hyper,
    txErrs: hyper,
    txDrop: hyper,
  }),
);
export const storagePoolCreate = procedure(
  'storagePoolCreate',
  78,
  struct({ pool: storagePool, flags: uint }),
  nothing,
);
export const storagePoolDestroy = procedure('storagePoolDestroy', 80, onlyPool, nothing);
export const storagePoolLookupByName = procedure('storagePoolLookupByName', 84, byName, onlyPool);
export const storagePoolLookupByUuid = procedure('storagePoolLookupByUuid', 85, byUuid, onlyPool);
export const storagePoolLookupByVolume = procedure(
  'storagePoolLookupByVolume',
  86,
  onlyVolume,
  onlyPool,
);
export const storagePoolSetAutostart = procedure(
  'storagePoolSetAutostart',
  90,
  struct({ pool: storagePool, autostart: int }),
  nothing,
);
export const storageVolLookupByName = procedure(
  'storageVolLookupByName',
  95,
  struct({ pool: storagePool, name: text }),
  onlyVolume,
);
export const storageVolLookupByKey = procedure(
  'storageVolLookupByKey',
  96,
  struct({ key: text }),
  onlyVolume,
);
export const storageVolLookupByPath = procedure(
  'storageVolLookupByPath',
  97,
  struct({ path: text }),
  onlyVolume,
);
export const storageVolGetXmlDesc = procedure(
  'storageVolGetXmlDesc',
  99,
  struct({ vol: storageVolume, flags: uint }),
  struct({ xml: text }),
);
export const storageVolGetPath = procedure(
  'storageVolGetPath',
  100,
  onlyVolume,
  struct({ name: text }),
);
/** Bytes. */
export const nodeGetFreeMemory = procedure(
  'nodeGetFreeMemory',
  102,
  nothing,
  struct({ freeMem: uhyper }),
);
export const connectGetUri = procedure('connectGetUri', 110, nothing, struct({ uri: text }));
export const domainGetSecurityLabel = procedure(
  'domainGetSecurityLabel',
  121,
  onlyDomain,
  struct({ label: array(char, 4_097), enforcing: int }),
);
export const nodeGetSecurityModel = procedure(
  'nodeGetSecurityModel',
  122,
  nothing,
  struct({ model: array(char, 257), doi: array(char, 257) }),
);
export const domainIsActive = procedure('domainIsActive', 150, onlyDomain, isActive);
export const networkIsPersistent = procedure('networkIsPersistent', 153, onlyNetwork, isPersistent);
export const storagePoolIsActive = procedure('storagePoolIsActive', 154, onlyPool, isActive);
export const storagePoolIsPersistent = procedure(
  'storagePoolIsPersistent',
  155,
  onlyPool,
  isPersistent,
);
/** Values in KiB, counted or in seconds, by `virDomainMemoryStatTags`. */
export const domainMemoryStats = procedure(
  'domainMemoryStats',
  159,
  struct({ dom: domain, maxStats: uint, flags: uint }),
  struct({ stats: array(struct({ tag: int, val: uhyper }), 1_024) }),
);
export const domainSnapshotNum = procedure('domainSnapshotNum', 187, domainAndFlags, number);
/** Bytes. */
export const domainGetBlockInfo = procedure(
  'domainGetBlockInfo',
  194,
  struct({ dom: domain, path: text, flags: uint }),
  struct({ allocation: uhyper, capacity: uhyper, physical: uhyper }),
);
export const domainGetVcpusFlags = procedure('domainGetVcpusFlags', 200, domainAndFlags, number);
export const domainBlockStatsFlags = procedure(
  'domainBlockStatsFlags',
  243,
  struct({ dom: domain, path: text, nparams: int, flags: uint }),
  struct({ params: typedParameters(16), nparams: int }),
);
export const connectListAllNodeDevices = procedure(
  'connectListAllNodeDevices',
  285,
  listAll,
  struct({ devices: array(nodeDevice, 65_536), ret: uint }),
);
export const connectListAllSecrets = procedure(
  'connectListAllSecrets',
  287,
  listAll,
  struct({ secrets: array(secret, 16_384), ret: uint }),
);
export const connectNetworkEventDeregisterAny = procedure(
  'connectNetworkEventDeregisterAny',
  314,
  callback,
  nothing,
);
export const connectUnregisterCloseCallback = procedure(
  'connectUnregisterCloseCallback',
  361,
  nothing,
  nothing,
);
export const connectStoragePoolEventDeregisterAny = procedure(
  'connectStoragePoolEventDeregisterAny',
  369,
  callback,
  nothing,
);
export const connectNodeDeviceEventDeregisterAny = procedure(
  'connectNodeDeviceEventDeregisterAny',
  375,
  callback,
  nothing,
);
export const connectSecretEventDeregisterAny = procedure(
  'connectSecretEventDeregisterAny',
  381,
  callback,
  nothing,
);
export const domainGetMessages = procedure(
  'domainGetMessages',
  426,
  domainAndFlags,
  struct({ msgs: array(text, 2_048) }),
);
