/** Numbers of libvirt's public interface that this project uses (include/libvirt/*.h). */

/** `virDomainState`, by number. */
export const domainStates = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const;
export type DomainState = (typeof domainStates)[number];

/** The reasons of each state, by number (`virDomainRunningReason` and its like). */
export const domainStateReasons: Readonly<Record<DomainState, readonly string[]>> = {
  nostate: ['unknown'],
  running: [
    'unknown',
    'booted',
    'migrated',
    'restored',
    'from snapshot',
    'unpaused',
    'migration canceled',
    'save canceled',
    'event wakeup',
    'crashed',
    'post-copy',
    'post-copy failed',
  ],
  blocked: ['unknown'],
  paused: [
    'unknown',
    'user',
    'migrating',
    'saving',
    'dumping',
    'I/O error',
    'watchdog',
    'from snapshot',
    'shutting down',
    'creating snapshot',
    'crashed',
    'starting up',
    'post-copy',
    'post-copy failed',
  ],
  shutdown: ['unknown', 'user'],
  shutoff: [
    'unknown',
    'shutdown',
    'destroyed',
    'crashed',
    'migrated',
    'saved',
    'failed',
    'from snapshot',
    'daemon',
  ],
  crashed: ['unknown', 'panicked'],
  pmsuspended: ['unknown'],
};

/** `virDomainEventType`. */
export const domainLifecycle = {
  defined: 0,
  undefined: 1,
  started: 2,
  suspended: 3,
  resumed: 4,
  stopped: 5,
  shutdown: 6,
  pmsuspended: 7,
  crashed: 8,
} as const;

/** `virDomainEventID`: what can be registered for. */
export const domainEventId = {
  lifecycle: 0,
  reboot: 1,
  rtcChange: 2,
  watchdog: 3,
  controlError: 7,
  ioErrorReason: 6,
  diskChange: 9,
  trayChange: 10,
  pmWakeup: 11,
  pmSuspend: 12,
  balloonChange: 13,
  pmSuspendDisk: 14,
  deviceRemoved: 15,
  blockJob2: 16,
  tunable: 17,
  agentLifecycle: 18,
  deviceAdded: 19,
  migrationIteration: 20,
  jobCompleted: 21,
  deviceRemovalFailed: 22,
  metadataChange: 23,
  blockThreshold: 24,
  memoryFailure: 25,
  memoryDeviceSizeChange: 26,
} as const;

/** Network, pool, node-device and secret events are numbered from 0 each. */
export const networkEventId = { lifecycle: 0 } as const;
export const storagePoolEventId = { lifecycle: 0, refresh: 1 } as const;
export const nodeDeviceEventId = { lifecycle: 0, update: 1 } as const;
export const secretEventId = { lifecycle: 0, valueChanged: 1 } as const;

/** `virConnectListAllDomainsFlags`. */
export const listDomains = {
  persistent: 1 << 2,
  transient: 1 << 3,
  managedSave: 1 << 8,
  autostart: 1 << 10,
  hasSnapshot: 1 << 12,
} as const;

/** `virConnectListAllNetworksFlags` and `virConnectListAllStoragePoolsFlags`, whose first bits agree. */
export const listResources = {
  active: 1 << 1,
  persistent: 1 << 2,
  autostart: 1 << 4,
} as const;

/** `virDomainStatsTypes`. */
export const statsGroup = {
  state: 1 << 0,
  cpuTotal: 1 << 1,
  balloon: 1 << 2,
  vcpu: 1 << 3,
  interface: 1 << 4,
  block: 1 << 5,
} as const;

/** `virConnectGetAllDomainStatsFlags`: report at once what can be had without waiting for a busy VM. */
export const statsNoWait = 0x2000_0000;
/** The same: refuse if the driver does not have all the groups, instead of leaving some out. */
export const statsEnforced = 0x8000_0000;

/** `virDomainXMLFlags`. */
export const domainXmlFlag = { secure: 1 << 0, inactive: 1 << 1 } as const;

/** `virDomainUndefineFlagsValues`. */
export const undefineFlag = {
  managedSave: 1 << 0,
  snapshotsMetadata: 1 << 1,
  nvram: 1 << 2,
  keepNvram: 1 << 3,
  checkpointsMetadata: 1 << 4,
  tpm: 1 << 5,
  keepTpm: 1 << 6,
} as const;

/** `virDomainModificationImpact`: what a change is meant for. */
export const affect = { current: 0, live: 1 << 0, config: 1 << 1 } as const;

/** `virDomainMetadataType`. */
export const metadataType = { description: 0, title: 1, element: 2 } as const;

/** `virDomainJobType`. */
export const jobType = {
  none: 0,
  bounded: 1,
  unbounded: 2,
  completed: 3,
  failed: 4,
  cancelled: 5,
} as const;

/** `virDomainInterfaceAddressesSource`. */
export const addressSource = { lease: 0, agent: 1, arp: 2 } as const;

/** `virDrvFeature`: what to ask a daemon for. */
export const daemonFeature = { keepalive: 10, remoteEventCallback: 14, closeCallback: 15 } as const;

/** `virDomainControlState`. */
export const controlState = { ok: 0, job: 1, occupied: 2, error: 3 } as const;

/** `virConnectFlags`. */
export const connectReadOnly = 1;
/** `remote_auth_type`. */
export const authType = { none: 0, sasl: 1, polkit: 2 } as const;
