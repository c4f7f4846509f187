import type { SavedFilter } from '../../src/contract/dashboard.ts';
import { completeQuery, type KnownValues } from '../../src/query/completeQuery.ts';
import { parseQuery } from '../../src/query/parseQuery.ts';
import { element, icon, setAttribute } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import { openMenu, type MenuItem } from './menu.ts';
import { Popup } from './popup.ts';

export interface FilterBoxEvents {
  changed(query: string): void;
  save(filter: SavedFilter): void;
  forget(name: string): void;
  /** From the filter to the table. */
  leave(): void;
}

/** The query: with completion while it is typed, mistakes shown at their place, and saved ones a click away. */
export class FilterBox {
  readonly root: HTMLElement;
  readonly #t: Translate;
  readonly #events: FilterBoxEvents;
  readonly #known: KnownValues;
  readonly #input: HTMLInputElement;
  readonly #list = element('div', {
    role: 'listbox',
    id: 'filter-list',
    class: 'completions',
    hidden: true,
  });
  readonly #problem = element('div', {
    class: 'problem',
    role: 'alert',
    id: 'filter-problem',
    hidden: true,
  });
  readonly #clear: HTMLElement;
  readonly #saved: HTMLElement;
  #menu: Popup | undefined;
  #filters: readonly SavedFilter[] = [];
  #active = -1;

  constructor(t: Translate, known: KnownValues, events: FilterBoxEvents) {
    this.#t = t;
    this.#known = known;
    this.#events = events;
    this.#input = element('input', {
      type: 'text',
      class: 'filter-input',
      role: 'combobox',
      'aria-label': t('Filter'),
      'aria-controls': 'filter-list',
      'aria-expanded': 'false',
      'aria-autocomplete': 'list',
      'aria-describedby': 'filter-problem',
      placeholder: t('Filter, such as web state:running host:lab* cpu>80'),
      spellcheck: 'false',
      autocomplete: 'off',
    });
    this.#list.setAttribute('aria-label', t('Completions'));
    this.#clear = this.#iconButton('clear-all', t('Clear Filter'), () => {
      this.query = '';
      this.#changed();
      this.#input.focus();
    });
    this.#saved = this.#iconButton('bookmark', t('Saved Filters'), () => {
      this.#openSaved();
    });
    this.#saved.setAttribute('aria-haspopup', 'menu');
    this.root = element(
      'div',
      { class: 'filter-box' },
      element(
        'div',
        { class: 'filter-line' },
        icon('filter'),
        this.#input,
        this.#clear,
        this.#saved,
      ),
      this.#list,
      this.#problem,
    );
    this.#input.addEventListener('input', () => {
      this.#changed();
      this.#complete();
    });
    this.#input.addEventListener('keydown', (event) => {
      this.#onKey(event);
    });
    this.#input.addEventListener('blur', () => {
      this.#closeList();
    });
    this.#showProblem();
  }

  get query(): string {
    return this.#input.value;
  }

  /** Shows a query without telling of it. */
  set query(query: string) {
    if (this.#input.value !== query) {
      this.#input.value = query;
    }
    this.#showProblem();
  }

  /** The saved filters. A menu of them that is open shows the new ones: what was saved may come after it was opened. */
  set filters(filters: readonly SavedFilter[]) {
    this.#filters = filters;
    if (this.#menu?.isOpen) {
      this.#menu.close();
      this.#openSaved();
    }
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  #changed(): void {
    this.#showProblem();
    this.#events.changed(this.#input.value);
  }

  /** The query once more, with what is wrong marked in it, and why. */
  #showProblem(): void {
    const { value } = this.#input;
    const [problem] = parseQuery(value).problems;
    this.#clear.hidden = value === '';
    setAttribute(this.#input, 'aria-invalid', problem ? 'true' : undefined);
    this.#problem.hidden = !problem;
    if (problem) {
      const { start, end, message, args } = problem;
      this.#problem.replaceChildren(
        element(
          'code',
          { 'aria-hidden': 'true' },
          value.slice(Math.max(0, start - 30), start),
          element('mark', {}, value.slice(start, end)),
          value.slice(end, end + 30),
        ),
        ` ${this.#t(message, ...args)}`,
      );
    } else {
      this.#problem.replaceChildren();
    }
  }

  #onKey(event: KeyboardEvent): void {
    const isOpen = !this.#list.hidden;
    const options = [...this.#list.children];
    switch (event.key) {
      case 'ArrowDown':
        if (isOpen) {
          this.#activate((this.#active + 1) % options.length);
        } else if (event.altKey || this.#input.value === '') {
          this.#complete();
        } else {
          this.#events.leave();
        }
        break;
      case 'ArrowUp':
        if (!isOpen) {
          return;
        }
        this.#activate((this.#active - 1 + options.length) % options.length);
        break;
      case ' ':
        if (!event.ctrlKey) {
          return;
        }
        this.#complete();
        break;
      case 'Enter':
      case 'Tab':
        if (isOpen && this.#active >= 0) {
          this.#take(options[this.#active]?.getAttribute('data-text') ?? '');
        } else if (event.key === 'Enter') {
          this.#closeList();
          this.#events.leave();
        } else {
          return;
        }
        break;
      case 'Escape':
        if (isOpen) {
          this.#closeList();
        } else {
          this.query = '';
          this.#changed();
        }
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #complete(): void {
    const caret = this.#input.selectionStart ?? this.#input.value.length;
    const { start, items } = completeQuery(this.#input.value, caret, this.#known);
    const typed = this.#input.value.slice(start, caret);
    const useful = items.filter(({ text }) => text !== typed);
    if (useful.length === 0) {
      this.#closeList();
      return;
    }
    this.#list.replaceChildren(
      ...useful.map(({ text, detail }, index) => {
        const option = element(
          'div',
          {
            role: 'option',
            id: `filter-option-${index}`,
            'data-text': text,
            'aria-selected': 'false',
          },
          element('span', { class: 'completion' }, text),
          element('span', { class: 'completion-detail' }, detail === '' ? '' : this.#t(detail)),
        );
        option.addEventListener('mousedown', (event) => {
          event.preventDefault(); // the input keeps the focus
          this.#take(text);
        });
        return option;
      }),
    );
    this.#active = -1;
    this.#list.hidden = false;
    setAttribute(this.#input, 'aria-expanded', 'true');
    setAttribute(this.#input, 'aria-activedescendant', undefined);
  }

  #activate(index: number): void {
    this.#active = index;
    for (const [at, option] of [...this.#list.children].entries()) {
      option.setAttribute('aria-selected', String(at === index));
    }
    this.#list.children[index]?.scrollIntoView({ block: 'nearest' });
    setAttribute(this.#input, 'aria-activedescendant', `filter-option-${index}`);
  }

  #take(text: string): void {
    const caret = this.#input.selectionStart ?? this.#input.value.length;
    const { start, end } = completeQuery(this.#input.value, caret, this.#known);
    // A value is done with, a field wants one
    const inserted = /[:>]$/.test(text) ? text : `${text} `;
    this.#input.setRangeText(inserted, start, end, 'end');
    this.#changed();
    this.#complete();
  }

  #closeList(): void {
    this.#list.hidden = true;
    this.#active = -1;
    setAttribute(this.#input, 'aria-expanded', 'false');
    setAttribute(this.#input, 'aria-activedescendant', undefined);
  }

  #openSaved(): void {
    const { left, bottom } = this.#saved.getBoundingClientRect();
    const place = { x: left, y: bottom, label: this.#t('Saved Filters') };
    const { query } = this;
    const current = this.#filters.find((filter) => filter.query === query.trim());
    const items: MenuItem[] = this.#filters.map((filter) => ({
      label: `${filter.name}   ${filter.query}`,
      isEnabled: true,
      isChecked: filter === current,
      run: () => {
        this.query = filter.query;
        this.#changed();
      },
    }));
    items.push({
      label: this.#t('Save This Filter…'),
      isEnabled: query.trim() !== '' && parseQuery(query).problems.length === 0,
      startsGroup: items.length > 0,
      run: () => {
        this.#askName(place);
      },
    });
    if (current) {
      items.push({
        label: this.#t('Forget "{0}"', current.name),
        isEnabled: true,
        run: () => {
          this.#events.forget(current.name);
        },
      });
    }
    this.#menu = openMenu(items, place);
  }

  #askName({ x, y }: { readonly x: number; readonly y: number }): void {
    const label = this.#t('Name of the filter');
    const input = element('input', {
      type: 'text',
      class: 'filter-input',
      'aria-label': label,
      placeholder: label,
    });
    const form = element('form', { class: 'name-form' }, input);
    const popup = new Popup(form, { x, y });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = input.value.trim();
      popup.close();
      if (name !== '') {
        this.#events.save({ name, query: this.query.trim() });
      }
    });
    input.focus();
  }

  #iconButton(shape: string, title: string, run: () => void): HTMLElement {
    const button = element(
      'button',
      { class: 'icon-button', type: 'button', title, 'aria-label': title },
      icon(shape),
    );
    button.addEventListener('click', run);
    return button;
  }
}
