import { element } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import type { DropdownControl } from '../shared/toolkit.ts';
import { openColumns } from './columnsPopup.ts';
import type { ColumnId, ViewState } from './viewState.ts';

interface ToolsEvents {
  readonly grouped: (groupBy: ViewState['groupBy']) => void;
  readonly choseColumns: (columns: readonly ColumnId[]) => void;
  readonly condensed: (isCompact: boolean) => void;
}

/** The line above the table: its filter, and the controls of how it is arranged. */
export class Tools {
  readonly root: HTMLElement;
  readonly #t: Translate;
  readonly #controls: readonly HTMLElement[];

  /** @param view as it is at any time */
  constructor(t: Translate, filter: HTMLElement, view: () => ViewState, events: ToolsEvents) {
    this.#t = t;
    const { groupBy, isCompact } = view();
    this.#controls = [
      groupingControl(t, groupBy, events.grouped),
      columnsControl(t, { columns: () => view().columns, choose: events.choseColumns }),
      densityControl(t, isCompact, events.condensed),
    ];
    this.root = element('div', { class: 'tools' }, filter, ...this.#controls);
  }

  /** Without what makes them, controls would be places that nothing can be done with. */
  controlsFailed(reason: string): void {
    const text = this.#t(
      'Buttons could not be loaded: {0} Close the dashboard and open it again.',
      reason,
    );
    for (const control of this.#controls) {
      control.remove();
    }
    this.root.append(element('p', { class: 'tools-failed', role: 'alert' }, text));
  }
}

/** Chooses what the rows are grouped by. */
function groupingControl(
  t: Translate,
  groupBy: ViewState['groupBy'],
  changed: (groupBy: ViewState['groupBy']) => void,
): HTMLElement {
  const label = t('Group by');
  const dropdown = element(
    'vscode-dropdown',
    { class: 'grouping', 'aria-label': label, title: label },
    element('vscode-option', { value: 'none' }, t('No Groups')),
    element('vscode-option', { value: 'host' }, t('Group by Host')),
    element('vscode-option', { value: 'state' }, t('Group by State')),
  ) as DropdownControl;
  // Before it is defined it would keep that for itself
  void customElements.whenDefined('vscode-dropdown').then(() => {
    dropdown.value = groupBy;
  });
  dropdown.addEventListener('change', () => {
    const { value } = dropdown;
    if (value === 'none' || value === 'host' || value === 'state') {
      changed(value);
    }
  });
  return dropdown;
}

/** Chooses the columns, in a popup below itself. */
function columnsControl(
  t: Translate,
  {
    columns,
    choose,
  }: {
    readonly columns: () => readonly ColumnId[];
    readonly choose: (columns: readonly ColumnId[]) => void;
  },
): HTMLElement {
  const button = element(
    'vscode-button',
    { appearance: 'secondary', 'aria-haspopup': 'dialog' },
    t('Columns'),
  );
  button.addEventListener('click', () => {
    const { left, bottom } = button.getBoundingClientRect();
    openColumns(t, { x: left, y: bottom }, columns(), choose);
  });
  return button;
}

function densityControl(
  t: Translate,
  isCompact: boolean,
  changed: (isCompact: boolean) => void,
): HTMLElement {
  const box = element('vscode-checkbox', {}, t('Compact'));
  box.toggleAttribute('checked', isCompact);
  box.addEventListener('change', () => {
    changed((box as HTMLInputElement).checked);
  });
  return box;
}
