import type { DetailInfo } from '../../../src/contract/detail.ts';
import { element } from '../../shared/element.ts';
import type { Translate } from '../../shared/l10n.ts';
import { formatSize } from '../formats.ts';

/** Devices, addresses and what was done last. What there is none of is left out. */
export class DetailFacts {
  readonly root = element('dl', { class: 'facts' });
  readonly #t: Translate;
  readonly #titleOf: (action: string) => string;
  #drawn = '';

  constructor(t: Translate, titleOf: (action: string) => string) {
    this.#t = t;
    this.#titleOf = titleOf;
  }

  draw(info: DetailInfo): void {
    const drawn = JSON.stringify(info);
    if (drawn === this.#drawn) {
      return;
    }
    this.#drawn = drawn;
    const t = this.#t;
    const disks = info.disks.map(({ name, capacityBytes, allocationBytes }) =>
      capacityBytes === null
        ? name
        : allocationBytes === null
          ? `${name} ${formatSize(capacityBytes)}`
          : t('{0} {1}, {2} used', name, formatSize(capacityBytes), formatSize(allocationBytes)),
    );
    const actions = info.actions.map(
      ({ action, at, status, reason }) =>
        `${new Date(at).toLocaleTimeString()} ${this.#titleOf(action)}: ${[
          outcome(status, t),
          reason,
        ]
          .filter((part) => part !== '')
          .join('. ')}`,
    );
    const facts: readonly (readonly [string, readonly string[]])[] = [
      [t('Disks'), disks],
      [t('Interfaces'), info.interfaces],
      [t('Addresses'), info.addresses],
      [t('Last actions'), actions],
    ];
    this.root.replaceChildren(
      ...facts.flatMap(([title, lines]) =>
        lines.length === 0
          ? []
          : [element('dt', {}, title), ...lines.map((line) => element('dd', {}, line))],
      ),
    );
    this.root.hidden = this.root.childElementCount === 0;
  }
}

function outcome(status: string, t: Translate): string {
  switch (status) {
    case 'done':
      return t('done');
    case 'requested':
      return t('requested');
    case 'refused':
      return t('refused');
    case 'failed':
      return t('failed');
    case 'cancelled':
      return t('cancelled');
    default:
      return t('outcome unknown');
  }
}
