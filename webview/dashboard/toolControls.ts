import { element } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import type { DropdownControl } from '../shared/toolkit.ts';
import { openColumns } from './columnsPopup.ts';
import type { ColumnId, ViewState } from './viewState.ts';

/** Chooses what the rows are grouped by. */
export function groupingControl(
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
export function columnsControl(
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

export function densityControl(
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
