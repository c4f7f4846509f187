import {
  isArrayOf,
  isCount,
  isMapOf,
  isNothing,
  isNumber,
  isObject,
  isOneOf,
  isString,
  orNull,
  type Guarded,
} from './guard.ts';

/** How far back graphs can go. */
export const detailSpans = ['15m', '1h', '24h'] as const;
export type DetailSpan = (typeof detailSpans)[number];

export const spanMs: Readonly<Record<DetailSpan, number>> = {
  '15m': 15 * 60_000,
  '1h': 60 * 60_000,
  '24h': 24 * 60 * 60_000,
};

/** The id is that of the dashboard's views. */
const isTarget = isObject({ kind: isOneOf(['vm', 'host']), id: isCount });
export type DetailTarget = Guarded<typeof isTarget>;

/** Null is a gap. */
const isValues = isArrayOf(orNull(isNumber));

const isChart = isObject({
  /** Tells charts of one target apart. */
  id: isString,
  /** `cpu` and `vcpus` are in percent, `memory` in bytes, the others in bytes per second. */
  kind: isOneOf(['cpu', 'vcpus', 'memory', 'disk', 'nic']),
  /** The disk's or interface's name; else empty. */
  device: isString,
  /** What is all of it; null where there is no such thing. */
  whole: orNull(isNumber),
  /** Milliseconds since the epoch, ascending; where nothing was recorded is a time without values. */
  times: isArrayOf(isNumber),
  /** `total`, the number of a vCPU, `used`, `read`, `written`, `received`, `sent`; a value for each time. */
  lines: isArrayOf(isObject({ name: isString, values: isValues })),
});
export type DetailChartData = Guarded<typeof isChart>;

const isInfo = isObject({
  disks: isArrayOf(
    isObject({
      name: isString,
      capacityBytes: orNull(isNumber),
      allocationBytes: orNull(isNumber),
    }),
  ),
  interfaces: isArrayOf(isString),
  addresses: isArrayOf(isString),
  /** What was done last, the newest first. */
  actions: isArrayOf(
    isObject({
      /** One of the dashboard's actions where it is one of them. */
      action: isString,
      /** When it ended, milliseconds since the epoch. */
      at: isNumber,
      status: isString,
      /** A sentence, of what did not go well; else empty. */
      reason: isString,
    }),
  ),
});
export type DetailInfo = Guarded<typeof isInfo>;

const isDetail = isObject({ charts: isArrayOf(isChart), info: isInfo });
export type Detail = Guarded<typeof isDetail>;

const isTick = isObject(
  {
    target: isTarget,
    /** Milliseconds since the epoch. */
    at: isNumber,
    /** By the chart's id, in the order of its lines; none if the target has no figures now. */
    values: isMapOf(isValues),
  },
  {
    /** Only if it is another than was sent last. */
    info: isInfo,
  },
);
export type DetailTick = Guarded<typeof isTick>;

/** What the page asks. There is one detail at a time: to open another closes the one before. */
export const detailRequests = {
  openDetail: {
    params: isObject({ target: isTarget, span: isOneOf(detailSpans) }),
    result: isDetail,
  },
  closeDetail: { params: isNothing, result: isNothing },
} as const;

/** What the extension tells while a detail is open. */
export const detailEvents = { detailTick: isTick } as const;
