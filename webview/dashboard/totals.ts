import { vmStates, type VmState } from '../../src/contract/vmStates.ts';
import { element, icon, setAttribute, setText } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import { levelOf, stateIcons } from './columns.ts';
import type { DashboardHost } from './dashboardHost.ts';
import { isActive, type DashboardVm } from './dashboardVm.ts';
import { formatDuration, formatPercent, formatRate, formatSize } from './formats.ts';
import { stateName } from './words.ts';

export interface TotalsEvents {
  toggleState(state: VmState): void;
  toggleHost(name: string): void;
  /** Shows a host more closely. */
  openHost(id: number): void;
  hostAction(action: 'connect' | 'showHelp', id: number): void;
}

/** Sums over VMs. A sum of nothing that is known is not known. */
class Tally {
  readonly states = new Map<VmState, number>();
  vms = 0;
  cores: number | undefined;
  promisedBytes: number | undefined;
  received: number | undefined;
  sent: number | undefined;

  add(vm: DashboardVm, areFiguresNew = true): void {
    this.vms++;
    this.states.set(vm.state, (this.states.get(vm.state) ?? 0) + 1);
    if (areFiguresNew && isActive(vm.state)) {
      const percent = vm.cpuPercent;
      this.cores = plus(
        this.cores,
        percent === undefined ? undefined : (percent / 100) * (vm.vcpus ?? 1),
      );
      this.promisedBytes = plus(this.promisedBytes, vm.allocatedBytes);
      this.received = plus(this.received, vm.receiveBytes);
      this.sent = plus(this.sent, vm.transmitBytes);
    }
  }
}

function plus(sum: number | undefined, value: number | undefined): number | undefined {
  return value === undefined ? sum : (sum ?? 0) + value;
}

interface Sums {
  readonly all: Tally;
  readonly ofHosts: ReadonlyMap<DashboardHost, Tally>;
}

function sumsOf(hosts: readonly DashboardHost[], vms: Iterable<DashboardVm>): Sums {
  const all = new Tally();
  const ofHosts = new Map(hosts.map((host) => [host, new Tally()]));
  for (const vm of vms) {
    // What a host that is gone did last is its own, and no part of what goes on now
    all.add(vm, vm.owner.view.standing !== 'lost');
    ofHosts.get(vm.owner)?.add(vm);
  }
  return { all, ofHosts };
}

const bytesPerMiB = 1_048_576;

/** The lines above the table: all hosts together, then each with its own. */
export class Totals {
  readonly root: HTMLElement;
  readonly #t: Translate;
  readonly #events: TotalsEvents;
  readonly #summary = element('div', { class: 'summary' });
  readonly #chips = element('div', { class: 'chips', role: 'group' });
  readonly #figures = element('div', { class: 'figures' });
  readonly #hosts = element('div', { class: 'hosts', role: 'group' });
  readonly #stateChips = new Map<VmState, { button: HTMLElement; count: HTMLElement }>();
  readonly #hostCards = new Map<number, HostCard>();
  #sums: (Sums & { readonly version: number }) | undefined;

  constructor(t: Translate, events: TotalsEvents) {
    this.#t = t;
    this.#events = events;
    this.#chips.setAttribute('aria-label', t('VMs by state'));
    this.#hosts.setAttribute('aria-label', t('Hosts'));
    this.#summary.append(this.#chips, this.#figures);
    this.root = element(
      'section',
      { class: 'totals', 'aria-label': t('Totals') },
      this.#summary,
      this.#hosts,
    );
    for (const state of vmStates) {
      const count = element('span', { class: 'chip-count' });
      const button = element(
        'button',
        { class: `chip state-${state}`, type: 'button' },
        icon(stateIcons[state]),
        count,
        ` ${stateName(state, t)}`,
      );
      button.addEventListener('click', () => {
        events.toggleState(state);
      });
      this.#stateChips.set(state, { button, count });
      this.#chips.append(button);
    }
  }

  draw(
    hosts: readonly DashboardHost[],
    vms: Iterable<DashboardVm>,
    shown: {
      readonly states: ReadonlySet<string>;
      /** Another one means that hosts or VMs may have changed. */
      readonly version: number;
      readonly now: number;
      readonly intervalMs: number;
    },
  ): void {
    if (this.#sums?.version !== shown.version) {
      this.#sums = { ...sumsOf(hosts, vms), version: shown.version };
    }
    const { all, ofHosts } = this.#sums;
    for (const [state, { button, count }] of this.#stateChips) {
      const number = all.states.get(state) ?? 0;
      const isPressed = shown.states.has(state);
      button.hidden = number === 0 && !isPressed;
      setText(count, String(number));
      setAttribute(button, 'aria-pressed', String(isPressed));
    }
    setText(this.#figures, this.#summaryText(hosts, all));
    this.#drawHosts(ofHosts, shown);
  }

  #summaryText(hosts: readonly DashboardHost[], all: Tally): string {
    const t = this.#t;
    const up = hosts.filter(({ view }) => view.standing !== 'lost');
    const cpus = sum(up, ({ view, cpuPercent }) => (cpuPercent === undefined ? null : view.cpus));
    const busy = sum(up, ({ view, cpuPercent }) =>
      cpuPercent === undefined || view.cpus === null ? null : (cpuPercent / 100) * view.cpus,
    );
    const memory = sum(up, (host) => host.memoryMiB ?? null);
    const used = sum(up, (host) => host.memoryUsedMiB ?? null);
    const capacity = sum(up, ({ view }) => view.poolCapacityBytes);
    const allocation = sum(up, ({ view }) => view.poolAllocationBytes);
    return [
      hosts.length === 1 ? t('1 host') : t('{0} hosts', hosts.length),
      all.vms === 1 ? t('1 VM') : t('{0} VMs', all.vms),
      cpus && busy !== undefined ? t('CPU {0}', formatPercent((busy / cpus) * 100)) : '',
      cpus && all.cores !== undefined
        ? t('of it VMs {0}', formatPercent((all.cores / cpus) * 100))
        : '',
      memory && used !== undefined
        ? t(
            'memory {0} of {1}',
            formatPercent((used / memory) * 100),
            formatSize(memory * bytesPerMiB),
          )
        : '',
      memory && all.promisedBytes !== undefined
        ? t('promised {0}', formatPercent((all.promisedBytes / (memory * bytesPerMiB)) * 100))
        : '',
      capacity && allocation !== undefined
        ? t('pools {0} of {1}', formatPercent((allocation / capacity) * 100), formatSize(capacity))
        : '',
      all.received !== undefined && all.sent !== undefined
        ? t('network ↓ {0} ↑ {1}', formatRate(all.received), formatRate(all.sent))
        : '',
    ]
      .filter((part) => part !== '')
      .join('  ·  ');
  }

  #drawHosts(
    ofHosts: ReadonlyMap<DashboardHost, Tally>,
    shown: { readonly now: number; readonly intervalMs: number },
  ): void {
    const present = new Set<number>();
    let before: Element | null = null;
    for (const [host, tally] of ofHosts) {
      const { id } = host.view;
      present.add(id);
      let card = this.#hostCards.get(id);
      if (!card) {
        card = new HostCard(this.#t, this.#events, id);
        this.#hostCards.set(id, card);
      }
      card.draw(host, tally, shown);
      const expected: Element | null = before
        ? before.nextElementSibling
        : this.#hosts.firstElementChild;
      if (expected !== card.root) {
        this.#hosts.insertBefore(card.root, expected);
      }
      before = card.root;
    }
    for (const [id, card] of this.#hostCards) {
      if (!present.has(id)) {
        card.root.remove();
        this.#hostCards.delete(id);
      }
    }
  }
}

/** One host: how it stands and what it does. A click shows its VMs only. */
class HostCard {
  readonly root: HTMLElement;
  readonly #t: Translate;
  readonly #icon = icon('server');
  readonly #name = element('span', { class: 'host-name' });
  readonly #text = element('span', { class: 'host-text' });
  readonly #graphs: HTMLElement;
  readonly #help: HTMLElement;
  readonly #connect: HTMLElement;
  #hostName = '';
  /** Long, and seldom read: made when somebody points at the card. */
  #tooltip = (): string => this.#hostName;

  constructor(t: Translate, events: TotalsEvents, id: number) {
    this.#t = t;
    const button = element(
      'button',
      { class: 'host-button', type: 'button' },
      this.#icon,
      this.#name,
      this.#text,
    );
    button.addEventListener('click', () => {
      events.toggleHost(this.#hostName);
    });
    const small = (action: 'connect' | 'showHelp', shape: string, title: string): HTMLElement => {
      const made = element(
        'button',
        { class: 'icon-button', type: 'button', title, 'aria-label': title },
        icon(shape),
      );
      made.addEventListener('click', () => {
        events.hostAction(action, id);
      });
      return made;
    };
    this.#connect = small('connect', 'plug', t('Connect'));
    this.#help = small('showHelp', 'question', t('What Can I Do?'));
    const graphsTitle = t('Show Graphs');
    this.#graphs = element(
      'button',
      { class: 'icon-button', type: 'button', title: graphsTitle, 'aria-label': graphsTitle },
      icon('graph-line'),
    );
    this.#graphs.addEventListener('click', () => {
      events.openHost(id);
    });
    this.root = element(
      'div',
      { class: 'host-card' },
      button,
      this.#graphs,
      this.#connect,
      this.#help,
    );
    this.root.addEventListener('pointerenter', () => {
      this.root.title = this.#tooltip();
    });
  }

  draw(
    host: DashboardHost,
    tally: Tally,
    { now, intervalMs }: { readonly now: number; readonly intervalMs: number },
  ): void {
    const t = this.#t;
    const { view } = host;
    this.#hostName = view.name;
    const ageMs = host.sampledAt === undefined ? undefined : now - host.sampledAt;
    // Of a large host no more than a thousand VMs are read in a second
    const dueMs = Math.max(intervalMs, tally.vms);
    const isOld = view.standing === 'lost' || (ageMs !== undefined && ageMs > 3 * dueMs);
    this.root.classList.toggle('is-old', isOld);
    setAttribute(this.root, 'data-standing', view.standing);
    setAttribute(this.#icon, 'class', `codicon codicon-${hostIcons[view.status]}`);
    setText(this.#name, view.name);
    const memory =
      host.memoryUsedMiB !== undefined && host.memoryMiB
        ? (host.memoryUsedMiB / host.memoryMiB) * 100
        : undefined;
    const running = tally.states.get('running') ?? 0;
    const isKnown = view.standing !== 'lost' || tally.vms > 0;
    const figures = [
      isKnown ? t('{0}/{1}', view.standing === 'lost' ? '–' : running, tally.vms) : '',
      host.cpuPercent === undefined ? '' : t('CPU {0}', marked(host.cpuPercent)),
      memory === undefined ? '' : t('mem {0}', marked(memory)),
      isOld && ageMs !== undefined ? t('{0} ago', formatDuration(ageMs, t)) : '',
      view.statusText,
    ].filter((part) => part !== '');
    setText(this.#text, figures.join(' · '));
    this.#tooltip = () => [view.name, ...details(host, tally, ageMs, t)].join('\n');
    if (this.root.matches(':hover')) {
      this.root.title = this.#tooltip();
    }
    this.#graphs.hidden = ageMs === undefined;
    this.#connect.hidden = !view.canConnect;
    this.#help.hidden = !view.hasHelp;
  }
}

/** Shape and text say it, colour is not needed. */
function marked(percent: number): string {
  const level = levelOf(percent);
  return `${level === 'high' ? '▲ ' : level === 'warm' ? '△ ' : ''}${formatPercent(percent)}`;
}

const hostIcons: Readonly<Record<DashboardHost['view']['status'], string>> = {
  idle: 'circle-slash',
  connecting: 'loading codicon-modifier-spin',
  connected: 'server',
  readOnly: 'lock',
  degraded: 'warning',
  disconnected: 'debug-disconnect',
  needsAttention: 'error',
};

/** What does not fit into a card. */
function details(
  host: DashboardHost,
  tally: Tally,
  ageMs: number | undefined,
  t: Translate,
): readonly string[] {
  const states = [...tally.states].map(([state, count]) => `${count} ${stateName(state, t)}`);
  const { poolCapacityBytes: capacity, poolAllocationBytes: allocation } = host.view;
  return [
    ...(host.view.statusText === '' ? [] : [host.view.statusText]),
    states.join(', '),
    ...(host.view.cpus !== null && tally.cores !== undefined
      ? [t('VMs use {0} of {1} CPUs', tally.cores.toFixed(1), host.view.cpus)]
      : []),
    ...(tally.promisedBytes !== undefined && host.memoryMiB
      ? [
          t(
            'memory: {0} promised of {1}',
            formatSize(tally.promisedBytes),
            formatSize(host.memoryMiB * bytesPerMiB),
          ),
        ]
      : []),
    ...(capacity !== null && allocation !== null
      ? [t('pools: {0} of {1} used', formatSize(allocation), formatSize(capacity))]
      : []),
    ...(tally.received !== undefined && tally.sent !== undefined
      ? [t('network: {0} in, {1} out', formatRate(tally.received), formatRate(tally.sent))]
      : []),
    ...(ageMs === undefined ? [] : [t('read {0} ago', formatDuration(ageMs, t))]),
  ].filter((line) => line !== '');
}

/** Undefined if nobody tells. */
function sum(
  hosts: readonly DashboardHost[],
  pick: (host: DashboardHost) => number | null,
): number | undefined {
  return hosts.reduce<number | undefined>(
    (total, host) => plus(total, pick(host) ?? undefined),
    undefined,
  );
}
