import { element, setAttribute, setText } from '../shared/element.ts';
import { stateLine, type Cell, type CellContext, type Column } from './columns.ts';
import type { DashboardVm } from './dashboardVm.ts';
import { formatPercent } from './formats.ts';
import type { Line } from './order.ts';

/** What of a line is not its VM's. */
export interface LineLooks {
  readonly index: number;
  readonly top: number;
  readonly isSelected: boolean;
  readonly isFocused: boolean;
  /** It flies by: only what it is called can be seen, the rest waits until it stands. */
  readonly isRough: boolean;
  /** What a group is called. */
  readonly groupTitle: string;
}

/** Uptimes and ages move on without any news. */
const redrawMs = 1_000;

/** A row on the screen: it shows one line after another while somebody scrolls. */
export class GridRow {
  readonly root: HTMLElement;
  readonly #cells: readonly Cell[];
  readonly #aging: readonly Cell[];
  readonly #lead: Cell | undefined;
  readonly #group: HTMLElement;
  #looks: LineLooks | undefined;
  #drawn:
    | {
        readonly line: Line;
        readonly version: number;
        readonly isRough: boolean;
        readonly at: number;
      }
    | undefined;

  constructor(id: string, columns: readonly Column[]) {
    this.#cells = columns.map((column, index) => {
      const cell = column.makeCell();
      cell.root.classList.add('cell');
      cell.root.classList.toggle('is-numeric', column.isNumeric);
      cell.root.setAttribute('aria-colindex', String(index + 1));
      return cell;
    });
    this.#aging = this.#cells.filter((_, index) => columns[index]?.ages);
    this.#lead = this.#cells[columns.findIndex(({ id }) => id === 'name')] ?? this.#cells[0];
    this.#lead?.root.classList.add('lead');
    this.#group = element('div', {
      role: 'gridcell',
      class: 'group-cell',
      'aria-colindex': 1,
      'aria-colspan': columns.length,
      hidden: true,
    });
    this.root = element(
      'div',
      { id, role: 'row', class: 'row' },
      this.#group,
      ...this.#cells.map(({ root }) => root),
    );
  }

  /** The line it shows. */
  get line(): Line | undefined {
    return this.#drawn?.line;
  }

  draw(line: Line, looks: LineLooks, context: CellContext): void {
    this.#place(line, looks);
    const version = line.kind === 'vm' ? line.vm.version : line.count;
    const { now } = context;
    const { isRough } = looks;
    if (
      this.#drawn &&
      isSame(this.#drawn.line, line) &&
      this.#drawn.version === version &&
      (isRough || !this.#drawn.isRough)
    ) {
      if (now - this.#drawn.at >= redrawMs) {
        this.#drawn = { ...this.#drawn, at: now };
        this.#drawAging(line, context);
      }
      return;
    }
    if (line.kind !== this.#drawn?.line.kind) {
      const isGroup = line.kind === 'group';
      this.root.classList.toggle('is-group', isGroup);
      this.#group.hidden = !isGroup;
      for (const cell of this.#cells) {
        cell.root.hidden = isGroup;
      }
    }
    this.#drawn = { line, version, isRough, at: now };
    if (line.kind === 'group') {
      setText(this.#group, looks.groupTitle);
      setAttribute(this.root, 'aria-label', looks.groupTitle);
      this.root.classList.remove('is-lost', 'is-problem');
      return;
    }
    this.#drawVm(line.vm, isRough, context);
  }

  #drawVm(vm: DashboardVm, isRough: boolean, context: CellContext): void {
    this.root.classList.toggle('is-lost', vm.owner.view.standing === 'lost');
    this.root.classList.toggle('is-problem', vm.view.activity?.kind === 'problem');
    this.root.classList.toggle('is-rough', isRough);
    setAttribute(this.root, 'aria-label', spoken(vm, context));
    for (const cell of this.#cells) {
      if (!isRough || cell === this.#lead) {
        cell.draw(vm, context);
      }
    }
  }

  /** Most rows stay where and as they are while their figures change. */
  #place(line: Line, looks: LineLooks): void {
    const before = this.#looks;
    this.#looks = looks;
    if (before?.index !== looks.index || before.top !== looks.top) {
      this.root.style.transform = `translateY(${looks.top}px)`;
      // The header is the first row
      setAttribute(this.root, 'aria-rowindex', String(looks.index + 2));
    }
    if (
      line.kind !== this.#drawn?.line.kind ||
      before?.isSelected !== looks.isSelected ||
      before.isFocused !== looks.isFocused
    ) {
      const isSelected = line.kind === 'vm' ? String(looks.isSelected) : undefined;
      setAttribute(this.root, 'aria-selected', isSelected);
      this.root.classList.toggle('is-selected', looks.isSelected);
      this.root.classList.toggle('is-focused', looks.isFocused);
    }
  }

  #drawAging(line: Line, context: CellContext): void {
    if (line.kind === 'vm') {
      for (const cell of this.#aging) {
        cell.draw(line.vm, context);
      }
    }
  }
}

function isSame(a: Line, b: Line): boolean {
  return a.kind === 'vm'
    ? b.kind === 'vm' && a.vm === b.vm
    : b.kind === 'group' && a.group === b.group;
}

/** `web-01, running, 12 percent CPU, lab-1` */
function spoken(vm: DashboardVm, context: CellContext): string {
  const { t, stateName } = context;
  const doing = vm.view.activity ? stateLine(vm, context) : '';
  return [
    vm.name,
    stateName(vm.state),
    doing,
    vm.cpuPercent === undefined ? '' : t('CPU {0}', formatPercent(vm.cpuPercent)),
    vm.memoryPercent === undefined ? '' : t('memory {0}', formatPercent(vm.memoryPercent)),
    vm.host,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
