import { element, icon, setAttribute } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import { clampWidth, type Column } from './columns.ts';
import type { ColumnId, ViewState } from './viewState.ts';

export interface GridHeaderEvents {
  sort(column: ColumnId): void;
  /** Puts a column where another is. */
  move(column: ColumnId, to: ColumnId): void;
  /** @param isDone false while it is being dragged */
  resize(column: ColumnId, width: number, isDone: boolean): void;
}

const resizeStep = 16;

/**
 * The grid's column headers: click or Enter sorts, Alt and an arrow or dragging moves, Shift and an arrow or dragging
 * the edge resizes. One of them is a tab stop; arrows go to the others.
 */
export class GridHeader {
  readonly root = element('div', { role: 'row', class: 'row header', 'aria-rowindex': 1 });
  readonly #t: Translate;
  readonly #events: GridHeaderEvents;
  #columns: readonly Column[] = [];
  #cells: readonly HTMLElement[] = [];
  #current = 0;
  #dragged: ColumnId | undefined;

  constructor(t: Translate, events: GridHeaderEvents) {
    this.#t = t;
    this.#events = events;
  }

  show(columns: readonly Column[], sort: ViewState['sort']): void {
    const hadFocus = this.root.contains(document.activeElement);
    const isRebuilt =
      columns.length !== this.#columns.length ||
      columns.some((column, index) => column !== this.#columns[index]);
    if (isRebuilt) {
      this.#columns = columns;
      this.#current = Math.min(this.#current, columns.length - 1);
      this.#cells = columns.map((column, index) => this.#makeCell(column, index));
      this.root.replaceChildren(...this.#cells);
    }
    for (const [index, column] of columns.entries()) {
      const cell = this.#cells[index];
      if (cell) {
        const isSorted = sort.column === column.id;
        const direction = sort.isDescending ? 'descending' : 'ascending';
        setAttribute(cell, 'aria-sort', isSorted ? direction : 'none');
        setAttribute(cell, 'tabindex', index === this.#current ? '0' : '-1');
      }
    }
    if (isRebuilt && hadFocus) {
      this.#cells[this.#current]?.focus();
    }
  }

  #makeCell(column: Column, index: number): HTMLElement {
    const edge = element('span', { class: 'edge', 'aria-hidden': 'true' });
    const cell = element(
      'div',
      {
        role: 'columnheader',
        class: `cell${column.isNumeric ? ' is-numeric' : ''}`,
        'aria-colindex': index + 1,
        'data-column': column.id,
        draggable: 'true',
        title: this.#t('Click to sort. Alt+Arrow moves, Shift+Arrow resizes the column.'),
      },
      element('span', { class: 'title' }, column.title(this.#t)),
      icon('arrow-up'),
      edge,
    );
    cell.addEventListener('click', (event) => {
      if (event.target !== edge) {
        this.#current = index;
        this.#events.sort(column.id);
      }
    });
    cell.addEventListener('keydown', (event) => {
      this.#onKey(event, column, index);
    });
    edge.addEventListener('pointerdown', (event) => {
      this.#startResizing(event, column, cell, edge);
    });
    this.#makeDraggable(cell, column);
    return cell;
  }

  #onKey(event: KeyboardEvent, column: Column, index: number): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (event.key === 'Enter' || event.key === ' ') {
      this.#events.sort(column.id);
    } else if (step === 0) {
      return;
    } else if (event.shiftKey) {
      const { width } = (this.#cells[index] ?? this.root).getBoundingClientRect();
      this.#events.resize(column.id, clampWidth(width + step * resizeStep), true);
    } else {
      const next = this.#columns[index + step];
      if (next) {
        this.#current = index + step;
        if (event.altKey) {
          this.#events.move(column.id, next.id);
        } else {
          this.#cells[index]?.setAttribute('tabindex', '-1');
          this.#cells[this.#current]?.setAttribute('tabindex', '0');
          this.#cells[this.#current]?.focus();
        }
      }
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #startResizing(event: PointerEvent, { id }: Column, cell: HTMLElement, edge: HTMLElement): void {
    event.preventDefault();
    edge.setPointerCapture(event.pointerId);
    const startX = event.clientX;
    const { width } = cell.getBoundingClientRect();
    const onMove = (moved: PointerEvent): void => {
      this.#events.resize(id, clampWidth(width + moved.clientX - startX), false);
    };
    const onEnd = (moved: PointerEvent): void => {
      edge.removeEventListener('pointermove', onMove);
      edge.removeEventListener('pointerup', onEnd);
      edge.removeEventListener('pointercancel', onEnd);
      this.#events.resize(id, clampWidth(width + moved.clientX - startX), true);
    };
    edge.addEventListener('pointermove', onMove);
    edge.addEventListener('pointerup', onEnd);
    edge.addEventListener('pointercancel', onEnd);
  }

  #makeDraggable(cell: HTMLElement, { id }: Column): void {
    cell.addEventListener('dragstart', (event) => {
      this.#dragged = id;
      event.dataTransfer?.setData('text/plain', id);
    });
    cell.addEventListener('dragover', (event) => {
      if (this.#dragged !== undefined && this.#dragged !== id) {
        event.preventDefault();
      }
    });
    cell.addEventListener('drop', (event) => {
      event.preventDefault();
      if (this.#dragged !== undefined && this.#dragged !== id) {
        this.#events.move(this.#dragged, id);
      }
      this.#dragged = undefined;
    });
    cell.addEventListener('dragend', () => {
      this.#dragged = undefined;
    });
  }
}
