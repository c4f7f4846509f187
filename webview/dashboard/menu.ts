import { element, icon } from '../shared/element.ts';
import { Popup } from './popup.ts';

export interface MenuItem {
  readonly label: string;
  readonly isEnabled: boolean;
  /** Of a choice: whether it is taken. */
  readonly isChecked?: boolean;
  /** A line above parts it from those before. */
  readonly startsGroup?: boolean;
  run(): void;
}

/** Opens a menu with the keys that menus have: arrows, ends, letters, Enter, Escape. Returns it, to be closed. */
export function openMenu(
  items: readonly MenuItem[],
  { x, y, label }: { readonly x: number; readonly y: number; readonly label: string },
): Popup {
  const hasChoice = items.some(({ isChecked }) => isChecked !== undefined);
  const entries = items.map((item) =>
    element(
      'div',
      {
        role: item.isChecked === undefined ? 'menuitem' : 'menuitemradio',
        class: `menu-item${item.startsGroup ? ' starts-group' : ''}`,
        tabindex: -1,
        'aria-disabled': item.isEnabled ? undefined : 'true',
        'aria-checked': item.isChecked === undefined ? undefined : String(item.isChecked),
      },
      ...(hasChoice ? [icon(item.isChecked ? 'check' : 'blank')] : []),
      item.label,
    ),
  );
  const root = element('div', { role: 'menu', class: 'menu', 'aria-label': label }, ...entries);
  const popup = new Popup(root, { x, y });
  const choose = (index: number): void => {
    const item = items[index];
    if (item?.isEnabled) {
      popup.close();
      item.run();
    }
  };
  for (const [index, entry] of entries.entries()) {
    entry.addEventListener('click', () => {
      choose(index);
    });
    entry.addEventListener('pointermove', () => {
      entry.focus({ preventScroll: true });
    });
  }
  root.addEventListener('keydown', (event) => {
    const at = entries.findIndex((entry) => entry === document.activeElement);
    const next = targetOf(event.key, at, items);
    if (next !== undefined) {
      entries[next]?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      choose(at);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  entries[0]?.focus({ preventScroll: true });
  return popup;
}

/** The item that a key goes to. */
function targetOf(key: string, at: number, items: readonly MenuItem[]): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return (at + 1) % items.length;
    case 'ArrowUp':
      return (at - 1 + items.length) % items.length;
    case 'Home':
      return 0;
    case 'End':
      return items.length - 1;
    default: {
      if (key.length !== 1 || key === ' ') {
        return undefined;
      }
      const letter = key.toLowerCase();
      const order = items.map((_, index) => (at + 1 + index) % items.length);
      return order.find((index) => items[index]?.label.toLowerCase().startsWith(letter));
    }
  }
}
