import { element, icon } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import type { CheckboxControl } from '../shared/toolkit.ts';
import { columnOf } from './columns.ts';
import { Popup } from './popup.ts';
import { columnIds, type ColumnId } from './viewState.ts';

/** Without these a row says nothing. */
const fixed: ReadonlySet<ColumnId> = new Set<ColumnId>(['name', 'state']);

/** Lets a person choose columns and their order, which they see change behind it. */
export function openColumns(
  t: Translate,
  place: { readonly x: number; readonly y: number },
  shown: readonly ColumnId[],
  change: (columns: readonly ColumnId[]) => void,
): void {
  let current = shown;
  const list = element('div', { class: 'column-list' });
  const root = element(
    'div',
    { role: 'dialog', class: 'columns-popup', 'aria-label': t('Columns') },
    list,
  );
  const apply = (columns: readonly ColumnId[], focus: string): void => {
    current = columns;
    change(columns);
    fill();
    list.querySelector<HTMLElement>(focus)?.focus();
  };
  const move = (id: ColumnId, step: number): void => {
    const at = current.indexOf(id);
    const columns = current.filter((column) => column !== id);
    columns.splice(at + step, 0, id);
    apply(columns, `[data-move="${id}${step}"]:not([disabled]), [data-move="${id}${-step}"]`);
  };
  const makeButton = (
    id: ColumnId,
    step: number,
    title: string,
    isEnabled: boolean,
  ): HTMLElement => {
    const button = element(
      'button',
      {
        ...{ class: 'icon-button', type: 'button', title, 'aria-label': title },
        'data-move': `${id}${step}`,
        disabled: !isEnabled,
      },
      icon(step < 0 ? 'arrow-up' : 'arrow-down'),
    );
    button.addEventListener('click', () => {
      move(id, step);
    });
    return button;
  };
  const fill = (): void => {
    const hidden = columnIds.filter((id) => !current.includes(id));
    list.replaceChildren(
      ...[...current, ...hidden].map((id) => {
        const title = columnOf(id).title(t);
        const at = current.indexOf(id);
        const box = element('vscode-checkbox', { 'data-column': id }, title) as CheckboxControl;
        box.checked = at >= 0;
        box.toggleAttribute('disabled', fixed.has(id));
        box.addEventListener('change', () => {
          const isChosen = current.includes(id);
          if (box.checked !== isChosen) {
            apply(
              isChosen ? current.filter((column) => column !== id) : [...current, id],
              `vscode-checkbox[data-column="${id}"]`,
            );
          }
        });
        return element(
          'div',
          { class: 'column-line' },
          box,
          makeButton(id, -1, t('Move {0} Left', title), at > 0),
          makeButton(id, 1, t('Move {0} Right', title), at >= 0 && at < current.length - 1),
        );
      }),
    );
  };
  fill();
  new Popup(root, place);
  list.querySelector<HTMLElement>('vscode-checkbox')?.focus();
}
