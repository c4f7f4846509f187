import type { Channel } from '../../src/contract/channel.ts';
import type {
  DashboardAction,
  DashboardPatch,
  DashboardSnapshot,
  extensionProtocol,
  pageProtocol,
  SavedFilter,
} from '../../src/contract/dashboard.ts';
import { statesOf, toggleState } from '../../src/query/toggleState.ts';
import { element } from '../shared/element.ts';
import type { Translate } from '../shared/l10n.ts';
import { offeredActions } from './actions.ts';
import { columnOf, type Column } from './columns.ts';
import { DashboardStore } from './dashboardStore.ts';
import type { DashboardVm } from './dashboardVm.ts';
import { DetailSlot } from './detail/detailSlot.ts';
import { FilterBox } from './filterBox.ts';
import { Grid } from './grid.ts';
import { ListSelection } from './listSelection.ts';
import { openMenu } from './menu.ts';
import { Notice } from './notice.ts';
import { Order, startsDescending, type Line } from './order.ts';
import { SelectionBar } from './selectionBar.ts';
import { Tools } from './tools.ts';
import { Totals } from './totals.ts';
import type { ColumnId, ViewState } from './viewState.ts';
import { stateName, stateWords } from './words.ts';

export interface DashboardOptions {
  readonly channel: Channel<typeof pageProtocol, typeof extensionProtocol>;
  readonly t: Translate;
  readonly titles: ReadonlyMap<DashboardAction, string>;
  readonly view: ViewState;
  readonly keep: (view: ViewState) => void;
}

/** Ages and uptimes move on without any message. */
const agingMs = 1_000;
const keepMs = 300;
/** Rows that did not move for that long stand. */
const restMs = 120;

/** The whole page: takes messages and what a person does, and draws at most once per frame. */
export class Dashboard {
  readonly root: HTMLElement;
  readonly #options: DashboardOptions;
  readonly #store = new DashboardStore();
  readonly #selection = new ListSelection();
  readonly #order: Order;
  readonly #totals: Totals;
  readonly #filter: FilterBox;
  readonly #grid: Grid;
  readonly #bar: SelectionBar;
  readonly #notice: Notice;
  readonly tools: Tools;
  readonly detail: DetailSlot;
  #view: ViewState;
  #columns: readonly Column[];
  #isDrawing = false;
  #areRowsEnough = false;
  /** Monotonic milliseconds. */
  #drawnAt = 0;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  #keepTimer: ReturnType<typeof setTimeout> | undefined;
  /** What has to be done before the next frame is drawn. */
  #pending: 'nothing' | 'adapt' | 'renew' = 'renew';
  #isTold = false;
  /** Patches that came before there was anything to change; none is lost. */
  readonly #early: DashboardPatch[] = [];
  #isRestored = false;

  constructor(options: DashboardOptions) {
    this.#options = options;
    const { t, view } = options;
    this.#view = view;
    this.#columns = view.columns.map(columnOf);
    this.#order = new Order(view);
    this.#totals = new Totals(t, {
      toggleState: (state) => {
        this.#setQuery(toggleState(this.#view.query, state, stateWords));
      },
      toggleHost: (name) => {
        this.#toggleHost(name);
      },
      openHost: (id) => {
        this.#openDetail('host', id);
      },
      hostAction: (action, id) => {
        void options.channel.request('actOnHost', { action, id });
      },
    });
    this.#filter = new FilterBox(t, (field) => this.#knownValues(field), {
      changed: (query) => {
        this.#setQuery(query);
      },
      save: (filter) => {
        void options.channel.request('saveFilter', filter);
      },
      forget: (name) => {
        void options.channel.request('deleteFilter', { name });
      },
      leave: () => {
        this.#grid.root.focus();
      },
    });
    this.#filter.query = view.query;
    this.#grid = new Grid(t, this.#selection, {
      selectionChanged: () => {
        this.#keepSelection();
        this.requestDraw();
      },
      open: (vm) => {
        this.#openDetail('vm', vm.id);
        this.detail.focus();
      },
      menu: (x, y) => {
        this.#openMenu(x, y);
      },
      scrolled: () => {
        if (this.#isRestored) {
          this.#keep();
        }
        this.#requestRows();
      },
      pointed: () => {
        this.requestDraw(); // an order that was due may move now
      },
      sort: (column) => {
        this.#sort(column);
      },
      move: (column, to) => {
        this.#moveColumn(column, to);
      },
      resize: (column, width) => {
        this.#change({ widths: { ...this.#view.widths, [column]: width } });
      },
    });
    this.#bar = new SelectionBar(t, {
      act: (action) => {
        this.#act(action);
      },
      more: (x, y) => {
        this.#openMenu(x, y);
      },
      clear: () => {
        this.#selection.clear();
        this.#keepSelection();
        this.requestDraw();
        this.#grid.root.focus();
      },
    });
    this.tools = new Tools(t, this.#filter.root, () => this.#view, {
      grouped: (groupBy) => {
        this.#change({ groupBy });
      },
      choseColumns: (columns) => {
        this.#setColumns(columns);
      },
      condensed: (isCompact) => {
        this.#change({ isCompact });
      },
    });
    this.#notice = new Notice(t, {
      addHost: () => {
        void options.channel.request('addHost', undefined);
      },
      clearFilter: () => {
        this.#filter.query = '';
        this.#setQuery('');
        this.#grid.root.focus();
      },
    });
    this.detail = new DetailSlot({
      ...{ channel: options.channel, t, span: view.detail?.span ?? '15m' },
      titleOf: (action) => options.titles.get(action as DashboardAction) ?? action,
      now: () => this.#store.now(),
      changed: (change) => {
        const { kind = 'vm', key = '', span = '15m' } = this.#view.detail ?? {};
        const isClosed = change === 'closed';
        const detail = isClosed ? { kind, key: '', span } : { kind, key, span: change.span };
        this.#change({ detail });
        if (isClosed) {
          this.#grid.root.focus();
        }
      },
    });
    this.root = element(
      'div',
      { class: 'dashboard' },
      element('h1', { class: 'for-screen-readers' }, t('VM Dashboard')),
      this.#totals.root,
      this.tools.root,
      this.#notice.root,
      this.#grid.root,
      this.#bar.root,
      this.detail.root,
    );
    this.root.addEventListener('keydown', (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') {
        event.preventDefault();
        event.stopPropagation();
        this.#filter.focus();
      }
    });
    setInterval(() => {
      if (performance.now() - this.#drawnAt > agingMs / 2) {
        this.requestDraw();
      }
    }, agingMs);
    this.requestDraw();
  }

  set filters(filters: readonly SavedFilter[]) {
    this.#filter.filters = filters;
  }

  take(snapshot: DashboardSnapshot): void {
    this.#store.take(snapshot);
    this.#isTold = true;
    this.#pending = 'renew';
    this.requestDraw();
    for (const patch of this.#early.splice(0)) {
      this.apply(patch);
    }
  }

  apply(patch: DashboardPatch): void {
    if (!this.#isTold) {
      this.#early.push(patch);
      return;
    }
    switch (this.#store.apply(patch)) {
      case 'gap':
        void this.#askSnapshot();
        return;
      case 'structure':
        this.#pending = this.#pending === 'renew' ? 'renew' : 'adapt';
        break;
      case 'figures':
        break;
    }
    this.requestDraw();
  }

  requestDraw(): void {
    this.#areRowsEnough = false;
    this.#requestRows();
  }

  /** Nothing but the rows that can be seen has changed. */
  #requestRows(): void {
    if (!this.#isDrawing) {
      this.#isDrawing = true;
      requestAnimationFrame(() => {
        this.#isDrawing = false;
        if (this.#areRowsEnough) {
          this.#drawRows();
        } else {
          this.#areRowsEnough = true;
          this.#draw();
        }
      });
    }
  }

  #drawRows(): void {
    const { t } = this.#options;
    const isRough = this.#grid.draw({
      ...{ t, now: this.#store.now() },
      stateName: (state) => stateName(state, t),
    });
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(
      () => {
        this.#askPoints();
        if (isRough) {
          this.#requestRows();
        }
      },
      isRough ? restMs : 0,
    );
  }

  async #askSnapshot(): Promise<void> {
    this.take(await this.#options.channel.request('snapshot', undefined));
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    this.#reorder();
    const now = this.#store.now();
    const { hosts } = this.#store;
    this.#totals.draw(hosts, this.#store.vms, {
      states: statesOf(this.#view.query),
      version: this.#store.version,
      now,
      intervalMs: this.#store.intervalMs,
    });
    const { lines } = this.#order;
    this.#notice.draw({
      isLoading: !this.#isTold,
      hosts,
      vmCount: this.#store.vmCount,
      shownCount: lines.length,
    });
    this.#grid.root.hidden = lines.length === 0;
    this.#grid.show({
      ...this.#view,
      lines,
      columns: this.#columns,
      groupTitle: (line) => this.#groupTitle(line),
    });
    if (this.#isTold) {
      this.#restoreOnce();
    }
    this.#drawRows();
    const selected = this.#selectedVms();
    this.#bar.draw(
      selected.map(({ name }) => name),
      offeredActions(selected, this.#options.titles),
    );
    this.#drawDetail();
  }

  #openDetail(kind: 'vm' | 'host', id: number): void {
    const vm = kind === 'vm' ? this.#store.vm(id) : undefined;
    const host = this.#store.hosts.find(({ view }) => view.id === (vm?.view.host ?? id));
    if (host && (vm !== undefined || kind === 'host')) {
      const { name } = host.view;
      this.detail.open({ kind, id }, vm ? `${vm.name} · ${name}` : name);
      const key = vm ? keyOf(vm) : name;
      this.#change({ detail: { kind, key, span: this.#view.detail?.span ?? '15m' } });
    }
  }

  /** A detail goes with what it shows. */
  #drawDetail(): void {
    const { target } = this.detail;
    if (!target) {
      return;
    }
    const isThere =
      target.kind === 'vm'
        ? this.#store.vm(target.id) !== undefined
        : this.#store.hosts.some(({ view }) => view.id === target.id);
    if (isThere) {
      this.detail.refresh();
    } else {
      this.detail.close();
    }
  }

  #reorder(): void {
    const { vms, hosts } = this.#store;
    const now = performance.now();
    if (this.#pending === 'renew' || this.#order.isDue(now, this.#grid.isPointedAt)) {
      this.#order.renew(vms, hosts, now);
    } else if (this.#pending === 'adapt') {
      this.#order.adapt(vms, hosts, now);
    }
    if (this.#pending !== 'nothing') {
      this.#pending = 'nothing';
      this.#selection.keepOnly((id) => this.#store.vm(id) !== undefined);
    }
  }

  /** What was selected, and where the table stood, when the page was last shown. */
  #restoreOnce(): void {
    if (this.#isRestored) {
      return;
    }
    this.#isRestored = true;
    const wanted = new Set(this.#view.selected);
    const ids = [...this.#store.vms].filter((vm) => wanted.has(keyOf(vm))).map(({ id }) => id);
    this.#selection.restore(ids, ids[0]);
    this.#grid.scrollTo(this.#view.scrollTop);
    const { kind, key = '' } = this.#view.detail ?? {};
    const shown =
      kind === 'host'
        ? this.#store.hosts.find(({ view }) => view.name === key)?.view.id
        : [...this.#store.vms].find((vm) => keyOf(vm) === key)?.id;
    if (kind && shown !== undefined) {
      this.#openDetail(kind, shown);
    }
  }

  /** The points of before, of those that can be seen. */
  #askPoints(): void {
    const vms = this.#grid.visibleVms.filter((vm) => vm.figures && !vm.hasAskedForPoints);
    if (vms.length === 0) {
      return;
    }
    for (const vm of vms) {
      vm.hasAskedForPoints = true;
    }
    const asked = this.#options.channel.request('sparks', { ids: vms.map(({ id }) => id) });
    asked.then(
      (sparks) => {
        for (const { id, cpu, memory } of sparks) {
          this.#store.vm(id)?.addEarlierPoints(cpu, memory);
        }
        this.requestDraw();
      },
      () => undefined, // they begin now, then
    );
  }

  #selectedVms(): readonly DashboardVm[] {
    return [...this.#selection.ids].flatMap((id) => this.#store.vm(id) ?? []);
  }

  #groupTitle({ group, count }: Line & { readonly kind: 'group' }): string {
    const { t } = this.#options;
    const name = typeof group === 'string' ? stateName(group, t) : group.view.name;
    return t('{0} ({1})', name, count);
  }

  *#knownValues(field: 'name' | 'host' | 'ip'): Iterable<string> {
    if (field === 'host') {
      yield* this.#store.hosts.map(({ view }) => view.name);
      return;
    }
    for (const vm of this.#store.vms) {
      if (field === 'name') {
        yield vm.name;
      } else {
        yield* vm.addresses;
      }
    }
  }

  #act(action: DashboardAction): void {
    const ids = [...this.#selection.ids];
    void this.#options.channel.request('act', { action, ids });
  }

  #openMenu(x: number, y: number): void {
    const { t, titles } = this.#options;
    const offered = offeredActions(this.#selectedVms(), titles);
    if (offered.length > 0) {
      openMenu(
        offered.map(({ action, title, isEnabled, startsGroup }) => ({
          ...{ label: title, isEnabled, startsGroup },
          run: () => {
            this.#act(action);
          },
        })),
        { x, y, label: t('Actions') },
      );
    }
  }

  #toggleHost(name: string): void {
    const term = `host:"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
    const { query } = this.#view;
    const rest = query.replace(term, '').replaceAll(/\s+/g, ' ').trim();
    this.#setQuery(query.includes(term) ? rest : `${query.trim()} ${term}`.trim());
  }

  #setQuery(query: string): void {
    this.#filter.query = query;
    this.#change({ query });
  }

  #sort(column: ColumnId): void {
    const { sort } = this.#view;
    const isDescending = sort.column === column ? !sort.isDescending : startsDescending(column);
    this.#change({ sort: { column, isDescending } });
  }

  #moveColumn(column: ColumnId, to: ColumnId): void {
    const columns = this.#view.columns.filter((id) => id !== column);
    columns.splice(this.#view.columns.indexOf(to), 0, column);
    this.#setColumns(columns);
  }

  #setColumns(columns: readonly ColumnId[]): void {
    this.#columns = columns.map(columnOf);
    this.#change({ columns });
  }

  /** Another arrangement: ordered anew if that depends on it, and kept. */
  #change(change: Partial<ViewState>): void {
    this.#view = { ...this.#view, ...change };
    if (change.query !== undefined || change.sort || change.groupBy) {
      this.#order.arrangement = this.#view;
      this.#pending = 'renew';
    }
    this.#keep();
    this.requestDraw();
  }

  #keepSelection(): void {
    this.#view = { ...this.#view, selected: this.#selectedVms().map(keyOf) };
    this.#keep();
  }

  #keep(): void {
    this.#keepTimer ??= setTimeout(() => {
      this.#keepTimer = undefined;
      this.#options.keep({ ...this.#view, scrollTop: this.#grid.root.scrollTop });
    }, keepMs);
  }
}

/** Identity that outlives the panel. */
function keyOf(vm: DashboardVm): string {
  return `${vm.view.uuid}/${vm.host}`;
}
