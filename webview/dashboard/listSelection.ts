/** What was pressed with a key or a click. */
export interface Modifiers {
  readonly shift: boolean;
  /** Ctrl, or Cmd on a Mac. */
  readonly toggle: boolean;
}

/**
 * Which of many things are selected, by the rules of the editor's lists: a plain choice selects one, shift selects up
 * to it from where the last began, toggle adds or takes one away.
 */
export class ListSelection {
  readonly #selected = new Set<number>();
  /** Where a range begins. */
  #anchor: number | undefined;
  #focused: number | undefined;

  get focused(): number | undefined {
    return this.#focused;
  }

  get ids(): ReadonlySet<number> {
    return this.#selected;
  }

  has(id: number): boolean {
    return this.#selected.has(id);
  }

  /** Takes up a selection from before, such as that of a page that was hidden. */
  restore(ids: readonly number[], focused: number | undefined): void {
    this.#selected.clear();
    for (const id of ids) {
      this.#selected.add(id);
    }
    this.#focused = focused;
    this.#anchor = focused;
  }

  /** @param order all ids as they stand */
  choose(id: number, { shift, toggle }: Modifiers, order: readonly number[]): void {
    this.#focused = id;
    const from = this.#anchor === undefined ? -1 : order.indexOf(this.#anchor);
    if (shift && from >= 0) {
      const to = order.indexOf(id);
      if (!toggle) {
        this.#selected.clear();
      }
      for (const between of order.slice(Math.min(from, to), Math.max(from, to) + 1)) {
        this.#selected.add(between);
      }
      return;
    }
    this.#anchor = id;
    if (toggle) {
      if (!this.#selected.delete(id)) {
        this.#selected.add(id);
      }
      return;
    }
    this.#selected.clear();
    this.#selected.add(id);
  }

  /** Moves the focus and leaves the selection alone. */
  focus(id: number): void {
    this.#focused = id;
  }

  /** For a context menu: what is clicked is chosen, unless it is part of what is chosen already. */
  chooseForMenu(id: number, order: readonly number[]): void {
    if (this.#selected.has(id)) {
      this.#focused = id;
    } else {
      this.choose(id, { shift: false, toggle: false }, order);
    }
  }

  chooseAll(order: readonly number[]): void {
    this.#selected.clear();
    for (const id of order) {
      this.#selected.add(id);
    }
    this.#focused ??= order[0];
    this.#anchor ??= order[0];
  }

  clear(): void {
    this.#selected.clear();
  }

  /** Forgets what is not there any more. @returns whether anything was. */
  keepOnly(isThere: (id: number) => boolean): boolean {
    let isChanged = false;
    for (const id of [...this.#selected]) {
      if (!isThere(id)) {
        this.#selected.delete(id);
        isChanged = true;
      }
    }
    if (this.#focused !== undefined && !isThere(this.#focused)) {
      this.#focused = undefined;
      isChanged = true;
    }
    if (this.#anchor !== undefined && !isThere(this.#anchor)) {
      this.#anchor = undefined;
    }
    return isChanged;
  }
}
