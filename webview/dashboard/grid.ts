import { element, setAttribute } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import type { CellContext, Column } from './columns.ts';
import type { DashboardVm } from './dashboardVm.ts';
import { GridHeader, type GridHeaderEvents } from './gridHeader.ts';
import { GridKeys } from './gridKeys.ts';
import { GridRow } from './gridRow.ts';
import type { ListSelection } from './listSelection.ts';
import type { Line } from './order.ts';
import type { ViewState } from './viewState.ts';

export interface GridEvents extends GridHeaderEvents {
  selectionChanged(): void;
  /** A VM is to be looked at closely. */
  open(vm: DashboardVm): void;
  /** A menu for what is selected, at a place on the page. */
  menu(x: number, y: number): void;
  /** Other rows can be seen. */
  scrolled(): void;
  /** Somebody points at the rows, or no more. */
  pointed(): void;
}

/** What the grid is drawn from. */
export interface GridView {
  readonly lines: readonly Line[];
  readonly columns: readonly Column[];
  readonly sort: ViewState['sort'];
  readonly widths: ViewState['widths'];
  readonly isCompact: boolean;
  groupTitle(line: Line & { readonly kind: 'group' }): string;
}

const rowHeights = { normal: 28, compact: 22 } as const;
const headerHeight = 28;
/** Rows above and below what can be seen, so that a small step shows something at once. */
const spare = 4;
/** What stands above and below the rows as a rule, in pixels: a guess for the first frame, put right in the second. */
const usualOthers = 200;
/** With more new rows in a frame, only their names are drawn: they fly by. */
const manyRows = 8;
const flyingMs = 100;

/** The table of VMs: only the rows that can be seen are in the document, however many there are. */
export class Grid {
  readonly root: HTMLElement;
  readonly #body = element('div', { role: 'rowgroup', class: 'body' });
  readonly #header: GridHeader;
  readonly #keys: GridKeys;
  readonly #selection: ListSelection;
  readonly #events: GridEvents;
  #rows: GridRow[] = [];
  #view: GridView | undefined;
  #ids: readonly number[] = [];
  #isPointedAt = false;
  /** As last seen: to ask the document while it is being changed has it laid out at once. */
  #scrollTop = 0;
  #height = Math.max(0, window.innerHeight - usualOthers);
  /** The first row drawn last, and when; 0 before there was any. */
  #first = 0;
  #drawnAt = 0;

  constructor(t: Translate, selection: ListSelection, events: GridEvents) {
    this.#selection = selection;
    this.#events = events;
    this.#header = new GridHeader(t, events);
    this.root = element(
      'div',
      {
        role: 'grid',
        class: 'grid',
        tabindex: 0,
        'aria-label': t('Virtual machines'),
        'aria-multiselectable': 'true',
      },
      element('div', { role: 'rowgroup', class: 'head' }, this.#header.root),
      this.#body,
    );
    this.#keys = new GridKeys({
      selection,
      lines: () => this.#view?.lines ?? [],
      ids: () => this.#ids,
      rowsPerPage: () => Math.max(1, Math.floor(this.#visibleHeight() / this.#rowHeight()) - 1),
      reveal: (index) => {
        this.#reveal(index);
      },
      open: (vm) => {
        events.open(vm);
      },
      menu: () => {
        this.#menuAtFocus();
      },
      changed: () => {
        events.selectionChanged();
      },
    });
    this.#listen();
  }

  /** Whether the pointer is over the rows, which then must not move. */
  get isPointedAt(): boolean {
    return this.#isPointedAt;
  }

  /** Which VMs can be seen. */
  get visibleVms(): readonly DashboardVm[] {
    return this.#rows.flatMap(({ line, root }) =>
      line?.kind === 'vm' && !root.hidden ? [line.vm] : [],
    );
  }

  /** Takes another set of lines or columns; to be followed by {@link draw}. */
  show(view: GridView): void {
    if (view.columns !== this.#view?.columns) {
      this.#rows = [];
      this.#body.replaceChildren();
    }
    if (view.lines !== this.#view?.lines) {
      this.#ids = view.lines.flatMap((line) => (line.kind === 'vm' ? [line.vm.id] : []));
    }
    this.#view = view;
    this.#header.show(view.columns, view.sort);
    const widths = view.columns.map(({ id, width }) => view.widths[id] ?? width);
    this.root.style.setProperty('--columns', widths.map((width) => `${width}px`).join(' '));
    this.root.style.setProperty('--row-height', `${this.#rowHeight()}px`);
    this.#body.style.height = `${view.lines.length * this.#rowHeight()}px`;
    this.root.style.setProperty('--width', `${widths.reduce((sum, width) => sum + width, 0)}px`);
    setAttribute(this.root, 'aria-rowcount', String(view.lines.length + 1));
    setAttribute(this.root, 'aria-colcount', String(view.columns.length));
  }

  /**
   * Draws the rows that can be seen.
   * @returns whether roughly, so that it has to be done again once they stand
   */
  draw(context: CellContext): boolean {
    const view = this.#view;
    if (!view) {
      return false;
    }
    const height = this.#rowHeight();
    const visible = this.#visibleHeight();
    // With fewer lines than before it is about to be scrolled up
    const top = Math.min(this.#scrollTop, Math.max(0, view.lines.length * height - visible));
    // The first frame has only what can be seen: it is waited for
    const around = this.#drawnAt === 0 ? 0 : spare;
    const first = Math.max(0, Math.floor(top / height) - around);
    const count = Math.ceil(visible / height) + 2 * around;
    const last = Math.min(view.lines.length, first + count);
    this.#makeRows(count, view.columns);
    const isRough =
      Math.abs(first - this.#first) > manyRows && context.now - this.#drawnAt < flyingMs;
    this.#first = first;
    if (view.lines.length > 0) {
      this.#drawnAt = context.now;
    }
    let active: string | undefined;
    // A line keeps its row while it can be seen: what stays is not drawn again
    const used = new Set<GridRow>();
    for (let index = first; index < last; index++) {
      const line = view.lines[index];
      const row = this.#rows[index % this.#rows.length];
      if (!line || !row) {
        continue;
      }
      used.add(row);
      const isFocused = line.kind === 'vm' && this.#selection.focused === line.vm.id;
      if (isFocused) {
        active = row.root.id;
      }
      row.draw(
        line,
        {
          index,
          top: index * height,
          isSelected: line.kind === 'vm' && this.#selection.has(line.vm.id),
          isFocused,
          isRough,
          groupTitle: line.kind === 'group' ? view.groupTitle(line) : '',
        },
        context,
      );
    }
    for (const row of this.#rows) {
      row.root.hidden = !used.has(row);
    }
    setAttribute(this.root, 'aria-activedescendant', active);
    return isRough;
  }

  /** Scrolls to where somebody was. */
  scrollTo(top: number): void {
    if (top === this.#scrollTop) {
      return;
    }
    this.root.scrollTop = top;
    this.#measure();
  }

  #measure(): void {
    this.#scrollTop = this.root.scrollTop;
    this.#height = this.root.clientHeight;
  }

  #makeRows(count: number, columns: readonly Column[]): void {
    if (count <= this.#rows.length) {
      return;
    }
    // Which line a row shows depends on how many there are
    for (let index = this.#rows.length; index < count; index++) {
      const row = new GridRow(`row-${index}`, columns);
      this.#rows.push(row);
      this.#body.append(row.root);
    }
  }

  #rowHeight(): number {
    return this.#view?.isCompact ? rowHeights.compact : rowHeights.normal;
  }

  #visibleHeight(): number {
    return Math.max(0, this.#height - headerHeight);
  }

  #reveal(index: number): void {
    const height = this.#rowHeight();
    const top = index * height;
    this.#measure();
    if (top < this.#scrollTop) {
      this.scrollTo(top);
    } else if (top + height > this.#scrollTop + this.#visibleHeight()) {
      this.scrollTo(top + height - this.#visibleHeight());
    }
  }

  #menuAtFocus(): void {
    const focused = this.#rows.find(
      ({ line, root }) =>
        !root.hidden && line?.kind === 'vm' && line.vm.id === this.#selection.focused,
    );
    const { left, bottom } = (focused?.root ?? this.root).getBoundingClientRect();
    this.#events.menu(left + 24, bottom);
  }

  #vmAt(target: EventTarget | null): DashboardVm | undefined {
    const root = target instanceof Element ? target.closest('.row') : null;
    const row = this.#rows.find((candidate) => candidate.root === root);
    return row?.line?.kind === 'vm' ? row.line.vm : undefined;
  }

  #listen(): void {
    const { root } = this;
    root.addEventListener(
      'scroll',
      () => {
        this.#measure();
        this.#events.scrolled();
      },
      { passive: true },
    );
    root.addEventListener('keydown', (event) => {
      if (event.target === root) {
        this.#keys.onKey(event);
      }
    });
    new ResizeObserver(() => {
      this.#measure();
      this.#events.scrolled();
    }).observe(root);
    const body = this.#body;
    body.addEventListener('mousedown', (event) => {
      const vm = this.#vmAt(event.target);
      if (vm && event.button === 0) {
        const modifiers = { shift: event.shiftKey, toggle: event.ctrlKey || event.metaKey };
        this.#selection.choose(vm.id, modifiers, this.#ids);
        this.#events.selectionChanged();
      }
      if (event.shiftKey) {
        event.preventDefault(); // which would select text
        root.focus({ preventScroll: true });
      }
    });
    body.addEventListener('dblclick', (event) => {
      const vm = this.#vmAt(event.target);
      if (vm) {
        this.#events.open(vm);
      }
    });
    body.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      const vm = this.#vmAt(event.target);
      if (vm) {
        this.#selection.chooseForMenu(vm.id, this.#ids);
        this.#events.selectionChanged();
        this.#events.menu(event.clientX, event.clientY);
      }
    });
    body.addEventListener('pointerenter', () => {
      this.#isPointedAt = true;
      this.#events.pointed();
    });
    body.addEventListener('pointerleave', () => {
      this.#isPointedAt = false;
      this.#events.pointed();
    });
  }
}
