import type { DetailTarget, DetailTick } from '../../../src/contract/detail.ts';
import { element } from '../../shared/element.ts';
import type { DetailPane, DetailPaneOptions } from './detailPane.ts';

/** The place of the details. What draws them, graphs above all, is loaded when somebody first opens one. */
export class DetailSlot {
  readonly root = element('div', { class: 'detail-slot' });
  readonly #options: DetailPaneOptions;
  #pane: DetailPane | undefined;
  /** What to show once it is loaded. */
  #wanted: { readonly target: DetailTarget; readonly title: string } | undefined;
  #takesFocus = false;
  #isLoading = false;

  constructor(options: DetailPaneOptions) {
    this.#options = options;
  }

  /** What is shown, or will be. */
  get target(): DetailTarget | undefined {
    return this.#pane ? this.#pane.target : this.#wanted?.target;
  }

  open(target: DetailTarget, title: string): void {
    this.#wanted = { target, title };
    if (this.#pane) {
      this.#pane.open(target, title);
    } else if (!this.#isLoading) {
      this.#isLoading = true;
      void this.#load();
    }
  }

  close(): void {
    this.#wanted = undefined;
    this.#takesFocus = false;
    this.#pane?.close();
  }

  focus(): void {
    this.#takesFocus = true;
    this.#pane?.focus();
  }

  tick(tick: DetailTick): void {
    this.#pane?.tick(tick);
  }

  refresh(): void {
    this.#pane?.refresh();
  }

  async #load(): Promise<void> {
    const { t } = this.#options;
    const status = element('p', { class: 'detail-status', role: 'status' }, t('Loading…'));
    this.root.replaceChildren(status);
    try {
      const part = await import('./detailPane.ts');
      this.#pane = new part.DetailPane(this.#options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const text = t(
        'Graphs could not be loaded: {0} Close the dashboard and open it again.',
        reason,
      );
      this.root.replaceChildren(element('p', { class: 'detail-status', role: 'alert' }, text));
      return;
    }
    this.root.replaceChildren(this.#pane.root);
    if (this.#wanted) {
      this.#pane.open(this.#wanted.target, this.#wanted.title);
      if (this.#takesFocus) {
        this.#pane.focus();
      }
    }
  }
}
