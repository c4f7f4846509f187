import { element, setText } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import type { DashboardHost } from './dashboardHost.ts';

export interface NoticeEvents {
  addHost(): void;
  clearFilter(): void;
}

/** What stands where rows would be: why there are none, and what to do. */
export class Notice {
  readonly root: HTMLElement;
  readonly #t: Translate;
  readonly #text = element('p');
  readonly #addHost: HTMLElement;
  readonly #clear: HTMLElement;

  constructor(t: Translate, events: NoticeEvents) {
    this.#t = t;
    this.#addHost = element('vscode-button', {}, t('Add Host…'));
    this.#addHost.addEventListener('click', () => {
      events.addHost();
    });
    this.#clear = element('vscode-button', {}, t('Clear Filter'));
    this.#clear.addEventListener('click', () => {
      events.clearFilter();
    });
    this.root = element('div', { class: 'notice', role: 'status' }, this.#text);
  }

  draw({
    isLoading,
    hosts,
    vmCount,
    shownCount,
  }: {
    /** Nothing was told yet. */
    readonly isLoading: boolean;
    readonly hosts: readonly DashboardHost[];
    readonly vmCount: number;
    readonly shownCount: number;
  }): void {
    this.root.hidden = shownCount > 0;
    if (shownCount > 0) {
      return;
    }
    // As a rule neither is ever seen, so neither is made part of the page before
    place(this.root, this.#addHost, !isLoading && hosts.length === 0);
    place(this.root, this.#clear, vmCount > 0);
    setText(this.#text, isLoading ? this.#t('Loading…') : this.#sentence(hosts, vmCount));
  }

  #sentence(hosts: readonly DashboardHost[], vmCount: number): string {
    const t = this.#t;
    if (hosts.length === 0) {
      return t('No host yet. Add one, and its VMs are here.');
    }
    if (vmCount > 0) {
      return t('None of the {0} VMs matches the filter.', vmCount);
    }
    const connecting = hosts.filter(({ view }) => view.status === 'connecting');
    if (connecting.length > 0) {
      return t('Connecting to {0}…', connecting.map(({ view }) => view.name).join(', '));
    }
    if (hosts.every(({ view }) => view.standing === 'lost')) {
      return t('No host is connected. What can be done is offered beside each host above.');
    }
    return t('There is no VM on these hosts.');
  }
}

function place(root: HTMLElement, button: HTMLElement, isWanted: boolean): void {
  if (!isWanted) {
    button.remove();
  } else if (button.parentElement !== root) {
    root.append(button);
  }
}
