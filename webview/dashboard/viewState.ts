import { detailSpans } from '../../src/contract/detail.ts';
import {
  isArrayOf,
  isBoolean,
  isMapOf,
  isNumber,
  isObject,
  isOneOf,
  isString,
  type Guarded,
} from '../../src/contract/guard.ts';

export const columnIds = [
  'name',
  'state',
  'host',
  'cpu',
  'memory',
  'vcpus',
  'read',
  'write',
  'iops',
  'in',
  'out',
  'uptime',
  'ip',
] as const;
export type ColumnId = (typeof columnIds)[number];

const isColumnId = isOneOf(columnIds);

const isViewState = isObject(
  {
    query: isString,
    groupBy: isOneOf(['none', 'host', 'state']),
    sort: isObject({ column: isColumnId, isDescending: isBoolean }),
    /** Those that are shown, in their order. */
    columns: isArrayOf(isColumnId),
    /** In pixels, of those that were resized. */
    widths: isMapOf(isNumber),
    isCompact: isBoolean,
    /** `UUID/host` of what is selected; numbers are another panel's. */
    selected: isArrayOf(isString),
    scrollTop: isNumber,
  },
  {
    /** What is shown closely: a VM by `UUID/host`, a host by its name; an empty key is nothing. */
    detail: isObject({ kind: isOneOf(['vm', 'host']), key: isString, span: isOneOf(detailSpans) }),
  },
);
/** How a person has arranged the dashboard; kept while the page is hidden and over restarts of the window. */
export type ViewState = Guarded<typeof isViewState>;

const initialState: ViewState = {
  query: '',
  groupBy: 'none',
  sort: { column: 'name', isDescending: false },
  columns: ['name', 'state', 'host', 'cpu', 'memory', 'read', 'write', 'in', 'out', 'uptime', 'ip'],
  widths: {},
  isCompact: false,
  selected: [],
  scrollTop: 0,
};

/** What was kept, or how a dashboard begins where nothing was, or by another version. */
export function readViewState(kept: unknown): ViewState {
  return isViewState(kept) && kept.columns.includes('name') ? kept : initialState;
}
