import type { DashboardVm } from './dashboardVm.ts';
import type { ListSelection } from './listSelection.ts';
import type { Line } from './order.ts';

export interface GridKeyTargets {
  readonly selection: ListSelection;
  readonly lines: () => readonly Line[];
  /** Of the lines that are VMs. */
  readonly ids: () => readonly number[];
  readonly rowsPerPage: () => number;
  readonly reveal: (index: number) => void;
  readonly open: (vm: DashboardVm) => void;
  readonly menu: () => void;
  readonly changed: () => void;
}

/** Letters that follow each other within that time are one word. */
const typingMs = 800;

/** The keys of a list in the editor: arrows, pages, ends, with Shift and Ctrl; Ctrl+A, Escape, Enter; letters find a name. */
export class GridKeys {
  readonly #targets: GridKeyTargets;
  #typed = '';
  #typedAt = 0;

  constructor(targets: GridKeyTargets) {
    this.#targets = targets;
  }

  onKey(event: KeyboardEvent): void {
    if (this.#handle(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** @returns whether the key means something here */
  #handle(event: KeyboardEvent): boolean {
    const { selection, ids, open, menu, changed } = this.#targets;
    const toggle = event.ctrlKey || event.metaKey;
    const steps = this.#stepsOf(event.key);
    if (steps !== undefined) {
      this.#move(steps, { shift: event.shiftKey, toggle });
      return true;
    }
    switch (event.key) {
      case 'Escape':
        selection.clear();
        changed();
        return true;
      case 'Enter': {
        const vm = this.#focusedVm();
        if (vm) {
          open(vm);
        }
        return true;
      }
      case 'ContextMenu':
        menu();
        return true;
      case 'F10':
        if (event.shiftKey) {
          menu();
        }
        return event.shiftKey;
      default:
    }
    if (toggle && event.key.toLowerCase() === 'a') {
      selection.chooseAll(ids());
      changed();
      return true;
    }
    if (event.key === ' ' && this.#typed === '') {
      const vm = this.#focusedVm();
      if (vm) {
        selection.choose(vm.id, { shift: event.shiftKey, toggle: true }, ids());
        changed();
      }
      return true;
    }
    if (event.key.length === 1 && !toggle && !event.altKey) {
      this.#find(event.key, event.timeStamp);
      return true;
    }
    return false;
  }

  /** How far a key goes; infinity is an end. */
  #stepsOf(key: string): number | undefined {
    switch (key) {
      case 'ArrowDown':
        return 1;
      case 'ArrowUp':
        return -1;
      case 'PageDown':
        return this.#targets.rowsPerPage();
      case 'PageUp':
        return -this.#targets.rowsPerPage();
      case 'Home':
        return Number.NEGATIVE_INFINITY;
      case 'End':
        return Number.POSITIVE_INFINITY;
      default:
        return undefined;
    }
  }

  #move(steps: number, modifiers: { readonly shift: boolean; readonly toggle: boolean }): void {
    const { selection, ids, changed } = this.#targets;
    const order = ids();
    if (order.length === 0) {
      return;
    }
    const at = selection.focused === undefined ? -1 : order.indexOf(selection.focused);
    const from = at < 0 ? (steps > 0 ? -1 : order.length) : at;
    const to = Math.min(order.length - 1, Math.max(0, from + steps));
    const id = order[to];
    if (id === undefined) {
      return;
    }
    if (modifiers.toggle && !modifiers.shift) {
      selection.focus(id);
    } else {
      selection.choose(id, { shift: modifiers.shift, toggle: false }, order);
    }
    this.#revealId(id);
    changed();
  }

  #find(letter: string, at: number): void {
    this.#typed = (at - this.#typedAt < typingMs ? this.#typed : '') + letter.toLowerCase();
    this.#typedAt = at;
    const { lines, selection, ids, changed } = this.#targets;
    const vms = lines().flatMap((line) => (line.kind === 'vm' ? [line.vm] : []));
    const focused = vms.findIndex(({ id }) => id === selection.focused);
    // A first letter goes to the next one, more letters may stay
    const from = this.#typed.length === 1 ? focused + 1 : Math.max(0, focused);
    const found = [...vms.slice(from), ...vms.slice(0, from)].find(({ name }) =>
      name.toLowerCase().startsWith(this.#typed),
    );
    if (found) {
      selection.choose(found.id, { shift: false, toggle: false }, ids());
      this.#revealId(found.id);
      changed();
    }
    // So that a blank is a key of its own again
    setTimeout(() => {
      if (performance.now() - this.#typedAt >= typingMs) {
        this.#typed = '';
      }
    }, typingMs);
  }

  #focusedVm(): DashboardVm | undefined {
    const { lines, selection } = this.#targets;
    const line = lines().find((each) => each.kind === 'vm' && each.vm.id === selection.focused);
    return line?.kind === 'vm' ? line.vm : undefined;
  }

  #revealId(id: number): void {
    const { lines, reveal } = this.#targets;
    const index = lines().findIndex((line) => line.kind === 'vm' && line.vm.id === id);
    if (index >= 0) {
      reveal(index);
    }
  }
}
