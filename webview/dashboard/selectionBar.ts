import type { DashboardAction } from '../../src/contract/dashboard.ts';
import { element, setText } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import type { OfferedAction } from './actions.ts';

export interface SelectionBarEvents {
  act(action: DashboardAction): void;
  /** All that can be done, below a button. */
  more(x: number, y: number): void;
  clear(): void;
}

/** These have a button of their own, if they are offered. */
const prominent: readonly DashboardAction[] = [
  'start',
  'resume',
  'wake',
  'shutDown',
  'pause',
  'reboot',
  'forceOff',
  'openConsole',
  'cancelOperation',
  'dismissResult',
];

/** What is selected, and what can be done to it. */
export class SelectionBar {
  readonly root: HTMLElement;
  readonly #count = element('span', { class: 'count', role: 'status' });
  readonly #buttons = element('span', { class: 'buttons' });
  readonly #others: readonly HTMLElement[];
  readonly #t: Translate;
  readonly #events: SelectionBarEvents;
  #drawn = '';

  constructor(t: Translate, events: SelectionBarEvents) {
    this.#t = t;
    this.#events = events;
    const more = element(
      'vscode-button',
      { appearance: 'secondary', 'aria-haspopup': 'menu' },
      t('More…'),
    );
    more.addEventListener('click', () => {
      const { left, top } = more.getBoundingClientRect();
      events.more(left, top);
    });
    const clear = element('vscode-button', { appearance: 'secondary' }, t('Clear Selection'));
    clear.addEventListener('click', () => {
      events.clear();
    });
    this.root = element(
      'div',
      { class: 'selection-bar', role: 'toolbar', 'aria-label': t('Selected VMs'), hidden: true },
      this.#count,
      this.#buttons,
    );
    this.#others = [more, clear];
  }

  draw(names: readonly string[], offered: readonly OfferedAction[]): void {
    this.root.hidden = names.length === 0;
    if (names.length > 0 && this.root.childElementCount === 2) {
      // Only now: until something is selected the page does without
      this.root.append(...this.#others);
    }
    const [first = ''] = names;
    setText(this.#count, names.length <= 1 ? first : this.#t('{0} VMs selected', names.length));
    const shown = prominent.flatMap(
      (action) => offered.find((candidate) => candidate.action === action) ?? [],
    );
    const drawn = JSON.stringify(shown);
    if (drawn === this.#drawn) {
      return;
    }
    this.#drawn = drawn;
    // A button that stays keeps the focus
    const before = new Map(
      [...this.#buttons.children].map((button) => [button.getAttribute('data-action'), button]),
    );
    this.#buttons.replaceChildren(
      ...shown.map(({ action, title, isEnabled }) => {
        const button = before.get(action) ?? this.#makeButton(action, title);
        button.toggleAttribute('disabled', !isEnabled);
        return button;
      }),
    );
  }

  #makeButton(action: DashboardAction, title: string): HTMLElement {
    const button = element(
      'vscode-button',
      { 'data-action': action, appearance: 'secondary' },
      title,
    );
    button.addEventListener('click', () => {
      this.#events.act(action);
    });
    return button;
  }
}
