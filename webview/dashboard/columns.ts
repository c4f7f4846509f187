import type { VmState } from '../../src/contract/vmStates.ts';
import { element, icon, setAttribute, setText } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import type { DashboardVm } from './dashboardVm.ts';
import { formatDuration, formatPercent, formatRate, formatSize } from './formats.ts';
import { Spark } from './spark.ts';
import type { ColumnId } from './viewState.ts';

/** What cells are drawn with besides their VM. */
export interface CellContext {
  readonly t: Translate;
  /** Milliseconds since the epoch by the extension's clock. */
  readonly now: number;
  readonly stateName: (state: VmState) => string;
}

/** A cell that is made once and drawn many times, for one VM after another. */
export interface Cell {
  readonly root: HTMLElement;
  draw(vm: DashboardVm, context: CellContext): void;
}

export interface Column {
  readonly id: ColumnId;
  title(t: Translate): string;
  /** In pixels. */
  readonly width: number;
  readonly isNumeric: boolean;
  /** What it says changes by itself as time goes on. */
  readonly ages?: true;
  makeCell(): Cell;
}

const minWidth = 48;
const maxWidth = 800;

/** The widths a column may have, in pixels. */
export function clampWidth(width: number): number {
  return Math.round(Math.min(maxWidth, Math.max(minWidth, width)));
}

/** The shape tells the state; colour, by the class, only repeats it. */
export const stateIcons: Readonly<Record<VmState, string>> = {
  running: 'vm-running',
  paused: 'debug-pause',
  off: 'vm-outline',
  saved: 'save',
  sleeping: 'clock',
  crashed: 'error',
  notAnswering: 'warning',
  unknown: 'question',
};

function textColumn(
  id: ColumnId,
  title: (t: Translate) => string,
  width: number,
  textOf: (vm: DashboardVm, context: CellContext) => string,
  titleOf?: (vm: DashboardVm, context: CellContext) => string | undefined,
): Column {
  return {
    id,
    title,
    width,
    isNumeric: false,
    makeCell: () => {
      const root = element('div', { role: 'gridcell' });
      return {
        root,
        draw: (vm, context) => {
          setText(root, textOf(vm, context));
          setAttribute(root, 'title', titleOf?.(vm, context));
        },
      };
    },
  };
}

function figureColumn(
  id: ColumnId,
  title: (t: Translate) => string,
  width: number,
  textOf: (vm: DashboardVm, context: CellContext) => string | undefined,
): Column {
  const column = textColumn(id, title, width, (vm, context) => textOf(vm, context) ?? '–');
  return { ...column, isNumeric: true };
}

const rate = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : formatRate(value);

const nameColumn: Column = {
  id: 'name',
  title: (t) => t('Name'),
  width: 200,
  isNumeric: false,
  makeCell: () => {
    const state = icon('blank');
    const name = element('span', { class: 'name' });
    const root = element('div', { role: 'gridcell', class: 'name-cell' }, state, name);
    return {
      root,
      draw: (vm, { stateName }) => {
        const isBusy = vm.view.activity?.kind === 'running' || vm.view.activity?.kind === 'waiting';
        const shape = isBusy ? 'loading codicon-modifier-spin' : stateIcons[vm.state];
        setAttribute(state, 'class', `codicon codicon-${shape} state-${vm.state}`);
        setAttribute(state, 'title', stateName(vm.state));
        setText(name, vm.name);
        setAttribute(name, 'title', vm.name);
      },
    };
  },
};

const stateColumn: Column = {
  id: 'state',
  title: (t) => t('State'),
  width: 150,
  isNumeric: false,
  makeCell: () => {
    const text = element('span');
    const bar = element('span', { class: 'progress', hidden: true });
    const root = element('div', { role: 'gridcell', class: 'state-cell' }, text, bar);
    return {
      root,
      draw: (vm, context) => {
        const { activity } = vm.view;
        setText(text, stateLine(vm, context));
        setAttribute(root, 'title', activity?.detail ?? stateLine(vm, context));
        setAttribute(text, 'class', `activity-${activity?.kind ?? 'none'}`);
        const progress = activity?.kind === 'running' ? activity.progress : undefined;
        bar.hidden = progress === undefined;
        bar.style.setProperty('--progress', String(progress ?? 0));
      },
    };
  },
};

/** What is being done to a VM, or came of it; else its state. */
export function stateLine(vm: DashboardVm, { t, stateName }: CellContext): string {
  const { activity, stateText } = vm.view;
  if (activity?.kind === 'running' && activity.progress !== undefined) {
    return `${activity.text}… ${formatPercent(activity.progress * 100)}`;
  }
  if (activity) {
    const isUnderWay = activity.kind === 'running' || activity.kind === 'waiting';
    return isUnderWay ? `${activity.text}…` : activity.text;
  }
  return stateText === '' ? stateName(vm.state) : t(stateText);
}

function sparkColumn(
  id: 'cpu' | 'memory',
  title: (t: Translate) => string,
  figures: {
    readonly points: (vm: DashboardVm) => readonly (number | null)[];
    readonly whole: (vm: DashboardVm) => number;
    readonly text: (vm: DashboardVm, context: CellContext) => string;
    readonly percent: (vm: DashboardVm) => number | undefined;
    readonly hint: (vm: DashboardVm, context: CellContext) => string | undefined;
  },
): Column {
  return {
    id,
    title,
    width: 150,
    isNumeric: true,
    makeCell: () => {
      const spark = new Spark();
      const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
      const text = element('span', { class: 'value' });
      const root = element(
        'div',
        { role: 'gridcell', class: `spark-cell ${id}` },
        spark.root,
        mark,
        text,
      );
      return {
        root,
        draw: (vm, context) => {
          spark.draw(figures.points(vm), figures.whole(vm));
          const percent = figures.percent(vm);
          const level = levelOf(percent);
          setAttribute(root, 'data-level', level);
          // Shape repeats what colour says
          setText(mark, level === 'high' ? '▲' : level === 'warm' ? '△' : '');
          setText(text, figures.text(vm, context));
          setAttribute(root, 'title', figures.hint(vm, context));
        },
      };
    },
  };
}

/** From 70 % it is worth a look, from 90 % it is much. */
export function levelOf(percent: number | undefined): 'high' | 'warm' | undefined {
  if (percent === undefined || percent < 70) {
    return undefined;
  }
  return percent >= 90 ? 'high' : 'warm';
}

const cpuColumn = sparkColumn('cpu', (t) => t('CPU'), {
  points: (vm) => vm.cpuPoints,
  whole: () => 1_000,
  percent: (vm) => vm.cpuPercent,
  text: (vm) => (vm.cpuPercent === undefined ? '–' : formatPercent(vm.cpuPercent)),
  hint: (vm, { t }) => (vm.vcpus === undefined ? undefined : t('of {0} vCPUs', vm.vcpus)),
});

const memoryColumn = sparkColumn('memory', (t) => t('Memory'), {
  points: (vm) => vm.memoryPoints,
  whole: (vm) => (vm.allocatedBytes ?? 0) / 1_048_576,
  percent: (vm) => vm.memoryPercent,
  text: (vm) => {
    if (vm.memoryPercent !== undefined) {
      return formatPercent(vm.memoryPercent);
    }
    return vm.allocatedBytes === undefined ? '–' : formatSize(vm.allocatedBytes);
  },
  hint: (vm, { t }) => {
    const { memoryUsedBytes: used, allocatedBytes: all } = vm;
    if (all === undefined) {
      return undefined;
    }
    return used === undefined
      ? vm.figures && t('{0} allocated; its guest does not tell how much it uses', formatSize(all))
      : t('{0} of {1} used, as its guest tells', formatSize(used), formatSize(all));
  },
});

/** All columns there are. One whose source does not exist yet is not among them. */
const columns: readonly Column[] = [
  nameColumn,
  stateColumn,
  textColumn(
    'host',
    (t) => t('Host'),
    110,
    (vm) => vm.host,
  ),
  cpuColumn,
  memoryColumn,
  figureColumn(
    'vcpus',
    (t) => t('vCPUs'),
    70,
    (vm) => vm.vcpus?.toString(),
  ),
  figureColumn(
    'read',
    (t) => t('Disk Read'),
    95,
    (vm) => rate(vm.readBytes),
  ),
  figureColumn(
    'write',
    (t) => t('Disk Write'),
    95,
    (vm) => rate(vm.writeBytes),
  ),
  figureColumn(
    'iops',
    (t) => t('IOPS'),
    70,
    (vm) => vm.requests?.toFixed(0),
  ),
  figureColumn(
    'in',
    (t) => t('Net In'),
    95,
    (vm) => rate(vm.receiveBytes),
  ),
  figureColumn(
    'out',
    (t) => t('Net Out'),
    95,
    (vm) => rate(vm.transmitBytes),
  ),
  {
    ...figureColumn(
      'uptime',
      (t) => t('Uptime'),
      75,
      (vm, { t, now }) =>
        vm.upSince === undefined ? undefined : formatDuration(now - vm.upSince, t),
    ),
    ages: true,
  },
  textColumn(
    'ip',
    (t) => t('IP Address'),
    130,
    (vm) => vm.addresses[0] ?? '',
    (vm) => (vm.addresses.length > 1 ? vm.addresses.join('\n') : undefined),
  ),
];

export function columnOf(id: ColumnId): Column {
  const found = columns.find((column) => column.id === id);
  if (!found) {
    throw new RangeError(`There is no column "${id}".`);
  }
  return found;
}
