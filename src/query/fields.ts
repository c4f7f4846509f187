/** The states a query can ask for, as they are written; several words may mean the same. */
const stateWords: Readonly<Record<string, string>> = {
  running: 'running',
  paused: 'paused',
  asleep: 'sleeping',
  sleeping: 'sleeping',
  saved: 'saved',
  off: 'off',
  crashed: 'crashed',
  'not-answering': 'notAnswering',
  unknown: 'unknown',
};

const yesOrNo: Readonly<Record<string, string>> = { yes: 'yes', no: 'no' };

/** The figures of a VM that a query can compare. */
export type QueryFigure =
  | 'cpuPercent'
  | 'vcpus'
  | 'memoryPercent'
  | 'memoryUsedBytes'
  | 'allocatedBytes'
  | 'readBytes'
  | 'writeBytes'
  | 'requests'
  | 'receiveBytes'
  | 'transmitBytes';

/** What a number's unit can measure. */
export type Dimension = 'percent' | 'count' | 'bytes';

/** What a field of a query is about, and what it can be compared with. */
export type FieldSpec =
  | { readonly kind: 'text'; readonly detail: string }
  | {
      readonly kind: 'choice';
      readonly detail: string;
      /** What can be written, with what it stands for. */
      readonly words: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'number';
      readonly detail: string;
      /** Which figure each dimension speaks of. */
      readonly figures: Readonly<Partial<Record<Dimension, QueryFigure>>>;
      /** What a number without a unit means. */
      readonly plain: Dimension;
    }
  /** Known, but nothing tells its values yet. */
  | { readonly kind: 'missing'; readonly detail: string };

const bytes = (figure: QueryFigure, detail: string): FieldSpec => ({
  kind: 'number',
  detail,
  figures: { bytes: figure },
  plain: 'bytes',
});

/** All fields by the name they are written with. */
export const queryFields = {
  name: { kind: 'text', detail: 'The name of the VM' },
  host: { kind: 'text', detail: 'The name of its host' },
  state: { kind: 'choice', detail: 'What it does', words: stateWords },
  ip: { kind: 'text', detail: 'An address it has' },
  autostart: { kind: 'choice', detail: 'Whether it starts with its host', words: yesOrNo },
  cpu: {
    kind: 'number',
    detail: 'CPU time in percent of its vCPUs',
    figures: { percent: 'cpuPercent' },
    plain: 'percent',
  },
  vcpus: {
    kind: 'number',
    detail: 'How many vCPUs it has',
    figures: { count: 'vcpus' },
    plain: 'count',
  },
  mem: {
    kind: 'number',
    detail: 'Memory its guest uses: in percent of what it has, or as a size',
    figures: { percent: 'memoryPercent', bytes: 'memoryUsedBytes' },
    plain: 'percent',
  },
  allocated: bytes('allocatedBytes', 'Memory it has, as a size'),
  read: bytes('readBytes', 'Bytes read from its disks per second'),
  write: bytes('writeBytes', 'Bytes written to its disks per second'),
  iops: {
    kind: 'number',
    detail: 'Requests to its disks per second',
    figures: { count: 'requests' },
    plain: 'count',
  },
  in: bytes('receiveBytes', 'Bytes received from the network per second'),
  out: bytes('transmitBytes', 'Bytes sent to the network per second'),
  tag: { kind: 'missing', detail: 'A tag it carries' },
  health: { kind: 'missing', detail: 'What is wrong with it' },
} as const satisfies Readonly<Record<string, FieldSpec>>;

export type FieldName = keyof typeof queryFields;

const names: ReadonlyMap<string, FieldName> = new Map(
  (Object.keys(queryFields) as FieldName[]).map((name) => [name, name]),
);

/** The field of a name as somebody wrote it; undefined if there is none. */
export function findField(written: string): FieldName | undefined {
  return names.get(written.toLowerCase());
}

/** What is known of a field. */
export function fieldSpec(name: FieldName): FieldSpec {
  return queryFields[name];
}
