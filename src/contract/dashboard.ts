import { detailEvents, detailRequests } from './detail.ts';
import {
  isArrayOf,
  isBoolean,
  isCount,
  isMapOf,
  isNothing,
  isNumber,
  isObject,
  isOneOf,
  isString,
  isTuple,
  orNull,
  type Guarded,
} from './guard.ts';
import { vmStates } from './vmStates.ts';

/** What can be done from the dashboard, by the last part of the command's id. */
export const dashboardActions = [
  'start',
  'resume',
  'wake',
  'shutDown',
  'reboot',
  'pause',
  'save',
  'discardSavedState',
  'forceOff',
  'hardReset',
  'openConsole',
  'takeScreenshot',
  'openDefinition',
  'rename',
  'editDescription',
  'autostartOn',
  'autostartOff',
  'deleteDefinition',
  'copyName',
  'copyUuid',
  'copyAddress',
  'cancelOperation',
  'dismissResult',
] as const;
export type DashboardAction = (typeof dashboardActions)[number];

const isState = isOneOf(vmStates);
const isAction = isOneOf(dashboardActions);

/** A host without its figures. */
const isHostView = isObject({
  /** Stands for the host as long as the panel lives. */
  id: isCount,
  name: isString,
  /** `lost`: its values are old; `poor`: connected, but something is to be known. */
  standing: isOneOf(['up', 'poor', 'lost']),
  /** How we stand with it, in a few words; empty if it is simply connected. */
  statusText: isString,
  /** `connected`, `readOnly`, …: for the icon. */
  status: isOneOf([
    'idle',
    'connecting',
    'connected',
    'readOnly',
    'degraded',
    'disconnected',
    'needsAttention',
  ]),
  /** There is something to do about it. */
  hasHelp: isBoolean,
  canConnect: isBoolean,
  cpus: orNull(isNumber),
  /** Of all pools that are active; null without any, or before they were read. */
  poolCapacityBytes: orNull(isNumber),
  poolAllocationBytes: orNull(isNumber),
});
export type HostView = Guarded<typeof isHostView>;

/** What is being done to a VM, or came of it. */
const isActivity = isObject(
  {
    kind: isOneOf(['running', 'waiting', 'problem', 'note']),
    text: isString,
  },
  {
    /** From 0 to 1. */
    progress: isNumber,
    /** All of it, in sentences. */
    detail: isString,
  },
);

/** A VM without its figures. */
const isVmView = isObject({
  id: isCount,
  /** The host's id. */
  host: isCount,
  uuid: isString,
  name: isString,
  state: isState,
  /** The state in words, where the kind does not say it all; else empty. */
  stateText: isString,
  /** Milliseconds since the epoch when it entered its state; null if it was so when we came. */
  since: orNull(isNumber),
  autostart: isBoolean,
  vcpus: orNull(isNumber),
  /** Of one that does not run; of others the figures tell. */
  memoryKiB: orNull(isNumber),
  /** The most useful first. */
  addresses: isArrayOf(isString),
  /** A bit for each of {@link dashboardActions} whose state allows it… */
  has: isCount,
  /** …and for each that can be done now. */
  can: isCount,
  activity: orNull(isActivity),
});
export type VmView = Guarded<typeof isVmView>;

const isFigure = orNull(isNumber);
/**
 * A VM's figures: id; CPU in 0.1 % of its vCPUs; memory used and allocated in MiB; bytes read and written, requests
 * read and written, bytes received and sent, all per second. Rounded, so that what does not change is not sent.
 */
const isVmFigures = isTuple<
  [
    id: number,
    cpu: number | null,
    memoryUsed: number | null,
    memory: number | null,
    read: number | null,
    written: number | null,
    reads: number | null,
    writes: number | null,
    received: number | null,
    sent: number | null,
  ]
>(
  isCount,
  isFigure,
  isFigure,
  isFigure,
  isFigure,
  isFigure,
  isFigure,
  isFigure,
  isFigure,
  isFigure,
);
export type VmFigures = Guarded<typeof isVmFigures>;

/** A host's figures: id; when they were read, milliseconds since the epoch; CPU in 0.1 %; memory used and all, in MiB. */
const isHostFigures = isTuple<
  [id: number, at: number, cpu: number | null, memoryUsed: number | null, memory: number | null]
>(isCount, isNumber, isFigure, isFigure, isFigure);
export type HostFigures = Guarded<typeof isHostFigures>;

/** Everything there is to show, at one revision. Hosts are in the person's order. */
const isSnapshot = isObject({
  revision: isCount,
  /** Milliseconds since the epoch by the extension's clock, which is that of all times. */
  now: isNumber,
  /** How often hosts are sampled. */
  intervalMs: isCount,
  hosts: isArrayOf(isHostView),
  vms: isArrayOf(isVmView),
  hostFigures: isArrayOf(isHostFigures),
  figures: isArrayOf(isVmFigures),
});
export type DashboardSnapshot = Guarded<typeof isSnapshot>;

/** What became different since the revision before. */
const isPatch = isObject(
  { revision: isCount },
  {
    /** Those that changed or are new. */
    hosts: isArrayOf(isHostView),
    /** All ids in their order, if hosts came, went or moved; those that are not in it have gone with their VMs. */
    hostOrder: isArrayOf(isCount),
    vms: isArrayOf(isVmView),
    goneVms: isArrayOf(isCount),
    hostFigures: isArrayOf(isHostFigures),
    figures: isArrayOf(isVmFigures),
    intervalMs: isCount,
  },
);
export type DashboardPatch = Guarded<typeof isPatch>;

const isFilter = isObject({ name: isString, query: isString });
export type SavedFilter = Guarded<typeof isFilter>;

/** How a button or menu entry of an action reads. */
const isActionView = isObject({ action: isAction, title: isString });

const isStart = isObject({
  /** Translations by the text they translate; empty in English. */
  strings: isMapOf(isString),
  actions: isArrayOf(isActionView),
  filters: isArrayOf(isFilter),
});

/** The points of the little graphs: one per tick, oldest first; in the units of {@link VmFigures}. */
const isSparks = isArrayOf(
  isObject({ id: isCount, cpu: isArrayOf(isFigure), memory: isArrayOf(isFigure) }),
);

/** What the page asks of the extension, and tells it. */
export const pageProtocol = {
  requests: {
    /** What the page is made with. */
    start: { params: isNothing, result: isStart },
    /** Asked at the beginning and when a revision is missing; patches follow. */
    snapshot: { params: isNothing, result: isSnapshot },
    sparks: { params: isObject({ ids: isArrayOf(isCount) }), result: isSparks },
    /** Answered when it was begun: how it goes is shown in the rows. */
    act: { params: isObject({ action: isAction, ids: isArrayOf(isCount) }), result: isNothing },
    actOnHost: {
      params: isObject({ action: isOneOf(['connect', 'showHelp']), id: isCount }),
      result: isNothing,
    },
    addHost: { params: isNothing, result: isNothing },
    saveFilter: { params: isFilter, result: isNothing },
    deleteFilter: { params: isObject({ name: isString }), result: isNothing },
    ...detailRequests,
  },
  events: {},
} as const;

/** What the extension tells the page. */
export const extensionProtocol = {
  requests: {},
  events: {
    patch: isPatch,
    filters: isArrayOf(isFilter),
    ...detailEvents,
  },
} as const;
