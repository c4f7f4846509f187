import { vmStates } from '../../../contract/vmStates.ts';
import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import type { Event } from '../../../base/event.ts';
import { Slices } from '../../../base/slices.ts';
import { sortInSlices } from '../../../base/sortInSlices.ts';
import { Turns } from '../../../base/turns.ts';
import type { HostSession } from '../../../inventory/hostSession.ts';
import type { Domain } from '../../../model/domain.ts';
import { isReachable } from '../../../model/host.ts';
import { compareVms, type Arrangement } from './arrange.ts';
import { hostRow } from './hostRow.ts';
import type { HostsTreeSources } from './hostsTreeSources.ts';
import type { GroupTreeNode, HostTreeNode, TreeNode, VmTreeNode } from './nodes.ts';
import { NameOrder } from './nameOrder.ts';
import { noteRow } from './noteRow.ts';
import { Redraws } from './redraws.ts';
import type { Row } from './row.ts';
import { SessionVm } from './sessionVm.ts';
import { TreeNodes } from './treeNodes.ts';
import { vmCategory, type VmCategory } from './vmCategory.ts';
import { vmFilter } from './vmFilter.ts';
import { categoryName, vmRow } from './vmRow.ts';

/** Up to how many VMs are listed at once. */
const atOnce = 500;

/** What the Hosts tree shows, without the editor: which nodes there are, their rows, and what has to be redrawn. */
export class HostsTreeModel implements Disposable {
  readonly #sources: HostsTreeSources;
  readonly #nodes = new TreeNodes();
  readonly #disposables = new DisposableStore();
  readonly #redraws: Redraws;
  readonly #order: NameOrder;
  readonly #turns: Turns;
  #arrangement: Arrangement = { groupBy: 'host', sortBy: 'name', filter: '' };
  #filter = vmFilter('');

  /** Fires with the nodes to draw again, with all below them; undefined means everything. */
  readonly onDidChange: Event<readonly TreeNode[] | undefined>;

  constructor(sources: HostsTreeSources) {
    this.#sources = sources;
    this.#order = new NameOrder(sources.clock);
    this.#turns = new Turns(sources.clock);
    // Before redraws are told of, which ask for the order
    this.#disposables.add(
      sources.inventory.onDidChange(({ host, changes }) => {
        for (const change of changes) {
          this.#order.apply(host, change);
        }
      }),
    );
    this.#disposables.add(
      sources.registry.onDidChange(() => {
        this.#order.clear();
      }),
    );
    this.#redraws = new Redraws(sources, {
      nodes: this.#nodes,
      arrangement: () => this.#arrangement,
      movesWithFigures: () => this.#arrangement.sortBy === 'cpu' || this.#filter.isAboutFigures,
      parent: (node) => this.parent(node),
      makeRow: (node) => this.#makeRow(node),
    });
    this.#disposables.add(this.#redraws);
    this.onDidChange = this.#redraws.onDidChange;
  }

  get arrangement(): Arrangement {
    return this.#arrangement;
  }

  set arrangement(arrangement: Arrangement) {
    this.#arrangement = arrangement;
    this.#filter = vmFilter(arrangement.filter);
    this.#redraws.everything();
  }

  /** What stands below a node; the roots without one. */
  children(node?: TreeNode): readonly TreeNode[] {
    switch (node?.kind) {
      case undefined:
        return this.#roots();
      case 'host':
        return this.#ofHost(node);
      case 'group':
        return this.#sorted([...this.#ofGroup(node)], { isByName: false });
      case 'vm':
      case 'note':
        return [];
    }
  }

  /** The same; of many VMs after other work was served. */
  childrenSoon(node?: TreeNode): readonly TreeNode[] | Promise<readonly TreeNode[]> {
    const session = node?.kind === 'host' ? this.#session(node.host) : undefined;
    if (node?.kind === 'host' && session && session.domainCount > atOnce) {
      return this.#ofLargeHost(node, session);
    }
    if (this.#vmCount <= atOnce) {
      return this.children(node);
    }
    if (node?.kind === 'group') {
      return this.#sortedInSlices(this.#ofGroup(node), { isByName: false });
    }
    return node === undefined && this.#arrangement.groupBy === 'state'
      ? this.#rootsInSlices()
      : this.children(node);
  }

  parent(node: TreeNode): TreeNode | undefined {
    switch (node.kind) {
      case 'host':
      case 'group':
        return undefined;
      case 'note':
        return this.#nodes.host(node.host);
      case 'vm': {
        if (this.#arrangement.groupBy === 'host') {
          return this.#nodes.host(node.host);
        }
        const vm = this.#vm(node.host, node.uuid);
        return vm && this.#nodes.group(categoryOf(vm));
      }
    }
  }

  /** What can be done with a node now, for the menus' conditions; nothing of one that is gone. */
  contextValue(node: TreeNode): string {
    return this.#makeRow(node)?.contextValue ?? '';
  }

  /** How a node looks now, to be drawn so; undefined of one that is gone. */
  row(node: TreeNode): Row | undefined {
    const row = this.#makeRow(node);
    this.#redraws.noteDrawn(node, row);
    return row;
  }

  /** The same; of many that are asked for at once, the later ones after other work was served. */
  rowSoon(node: TreeNode): Row | undefined | Promise<Row | undefined> {
    return this.#turns.run(() => this.row(node));
  }

  /** The node of a VM, as the tree has it. */
  vmNode(host: string, uuid: string): VmTreeNode | undefined {
    return this.#vm(host, uuid) && this.#nodes.vm(host, uuid);
  }

  /** The node of a host, unless the tree has none for it: grouped by state, a host that is well has no row. */
  hostNode(host: string): HostTreeNode | undefined {
    return this.#hostNodes().find((node) => node.host === host);
  }

  /** Whether the filter hides a VM. */
  hides({ host, uuid }: VmTreeNode): boolean {
    const vm = this.#vm(host, uuid);
    return vm !== undefined && !this.#filter.shows(vm);
  }

  /** Somebody points at a node and is about to read its tooltip. */
  pointAt(node: TreeNode): void {
    this.#redraws.pointAt(node);
  }

  /** How many VMs the filter hides; of many, counted while other work is served. */
  async countHidden(): Promise<number> {
    const slices = new Slices(this.#sources.clock);
    let hidden = 0;
    for (const vm of this.#allVms()) {
      hidden += vm ? 0 : 1;
      if (slices.step()) {
        await slices.rest();
      }
    }
    return hidden;
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #roots(): readonly TreeNode[] {
    if (this.#arrangement.groupBy === 'host') {
      return this.#hostNodes();
    }
    const present = new Set<VmCategory>();
    for (const vm of this.#allVms()) {
      if (vm) {
        present.add(categoryOf(vm));
      }
    }
    return this.#rootsByState(present);
  }

  /** The same of many VMs. */
  async #rootsInSlices(): Promise<readonly TreeNode[]> {
    const slices = new Slices(this.#sources.clock);
    const present = new Set<VmCategory>();
    for (const vm of this.#allVms()) {
      if (vm) {
        present.add(categoryOf(vm));
      }
      if (slices.step()) {
        await slices.rest();
      }
    }
    return this.#rootsByState(present);
  }

  #rootsByState(present: ReadonlySet<VmCategory>): readonly TreeNode[] {
    const groups = vmStates.filter((category) => present.has(category));
    return [...this.#hostNodes(), ...groups.map((category) => this.#nodes.group(category))];
  }

  /** Of the hosts that have a row: grouped by state, those that are not well. */
  #hostNodes(): readonly HostTreeNode[] {
    const isByState = this.#arrangement.groupBy === 'state';
    return this.#sources.registry.entries
      .filter(({ name }) => !isByState || !this.#isUp(name))
      .map(({ name }) => this.#nodes.host(name));
  }

  #ofHost(node: HostTreeNode): readonly TreeNode[] {
    const session = this.#session(node.host);
    const vms =
      session && this.#arrangement.groupBy === 'host'
        ? this.#sorted([...this.#shownOf(session)], { isByName: true })
        : [];
    return vms.length > 0 ? vms : this.#noteBelow(node);
  }

  async #ofLargeHost(node: HostTreeNode, session: HostSession): Promise<readonly TreeNode[]> {
    if (this.#arrangement.groupBy === 'state') {
      return this.#noteBelow(node);
    }
    await this.#order.prepare(session);
    const vms = await this.#sortedInSlices(this.#shownOf(session), { isByName: true });
    return vms.length > 0 ? vms : this.#noteBelow(node);
  }

  #noteBelow({ host }: HostTreeNode): readonly TreeNode[] {
    return this.#noteRow(host) ? [this.#nodes.note(host)] : [];
  }

  #ofGroup({ category }: GroupTreeNode): Iterable<SessionVm | undefined> {
    return this.#allVms((vm) => categoryOf(vm) === category);
  }

  /** Stands below a host only where no VM does: then the filter, if there is one, hides all there are. */
  #noteRow(host: string): Row | undefined {
    const session = this.#session(host);
    const { groupBy, filter } = this.#arrangement;
    const hidden = groupBy === 'host' && filter !== '' ? (session?.domainCount ?? 0) : 0;
    return noteRow(session?.snapshot, hidden, this.#sources.l10n);
  }

  #sorted(
    vms: readonly (SessionVm | undefined)[],
    options: { readonly isByName: boolean },
  ): readonly VmTreeNode[] {
    return vms
      .filter((vm) => vm !== undefined)
      .sort(compareVms(this.#arrangement.sortBy, options))
      .map((vm) => this.#nodeOf(vm));
  }

  /** The same of many. */
  async #sortedInSlices(
    vms: Iterable<SessionVm | undefined>,
    options: { readonly isByName: boolean },
  ): Promise<readonly VmTreeNode[]> {
    const slices = new Slices(this.#sources.clock);
    const { sortBy } = this.#arrangement;
    let shown: SessionVm[] = [];
    for (const vm of vms) {
      if (vm) {
        shown.push(vm);
      }
      if (slices.step()) {
        await slices.rest();
      }
    }
    if (sortBy !== 'name' || !options.isByName) {
      shown = await sortInSlices(shown, compareVms(sortBy, options), slices);
    }
    const nodes: VmTreeNode[] = [];
    for (const vm of shown) {
      nodes.push(this.#nodeOf(vm));
      if (slices.step()) {
        await slices.rest();
      }
    }
    return nodes;
  }

  #nodeOf({ host, domain }: SessionVm): VmTreeNode {
    return this.#nodes.vm(host.name, domain.uuid);
  }

  get #vmCount(): number {
    return this.#sources.inventory.sessions.reduce((sum, { domainCount }) => sum + domainCount, 0);
  }

  /** The VMs of all hosts that are shown, in any order. */
  *#allVms(keeps?: (vm: SessionVm) => boolean): Generator<SessionVm | undefined> {
    for (const session of this.#sources.inventory.sessions) {
      yield* this.#shown(session, session.domains(), keeps);
    }
  }

  /** Those of one host, by name. */
  #shownOf(session: HostSession): Generator<SessionVm | undefined> {
    return this.#shown(session, this.#inOrder(session));
  }

  *#inOrder(session: HostSession): Generator<Domain> {
    for (const uuid of this.#order.of(session)) {
      const domain = session.domain(uuid);
      // A host of that name may have been another when they were put in order
      if (domain) {
        yield domain;
      }
    }
  }

  /** Undefined in the place of one that is not shown, so that work can rest between them. */
  *#shown(
    session: HostSession,
    domains: Iterable<Domain>,
    keeps: (vm: SessionVm) => boolean = () => true,
  ): Generator<SessionVm | undefined> {
    for (const domain of domains) {
      const vm = new SessionVm(session, domain, this.#sources);
      yield this.#filter.shows(vm) && keeps(vm) ? vm : undefined;
    }
  }

  #makeRow(node: TreeNode): Row | undefined {
    const { registry, clock, l10n } = this.#sources;
    switch (node.kind) {
      case 'host': {
        const { entries } = registry;
        const at = entries.findIndex(({ name }) => name === node.host);
        const entry = entries[at];
        const session = this.#session(node.host);
        return (
          entry &&
          hostRow(
            {
              entry,
              host: session?.snapshot,
              sample: session?.sampler.node,
              isFirst: at === 0,
              isLast: at === entries.length - 1,
              now: clock.now(),
            },
            l10n,
          )
        );
      }
      case 'group':
        return this.#groupRow(node);
      case 'note':
        return this.#noteRow(node.host);
      case 'vm':
        return this.#vmRow(node);
    }
  }

  #groupRow(node: GroupTreeNode): Row {
    const { category } = node;
    let count = 0;
    for (const vm of this.#ofGroup(node)) {
      count += vm ? 1 : 0;
    }
    const name = categoryName(category, this.#sources.l10n);
    return {
      label: name.charAt(0).toUpperCase() + name.slice(1),
      description: String(count),
      icon: { id: 'folder', color: undefined },
      contextValue: 'group',
      accessibilityLabel: this.#sources.l10n.t('{0}, {1} VMs', name, count),
    };
  }

  #vmRow({ host, uuid }: VmTreeNode): Row | undefined {
    const { activities, clock, l10n } = this.#sources;
    const vm = this.#vm(host, uuid);
    return (
      vm &&
      vmRow(
        vm,
        {
          activity: activities.get(host, uuid),
          showsHost: this.#arrangement.groupBy === 'state',
          now: clock.now(),
        },
        l10n,
      )
    );
  }

  #vm(host: string, uuid: string): SessionVm | undefined {
    const session = this.#session(host);
    const domain = session?.domain(uuid);
    return session && domain && new SessionVm(session, domain, this.#sources);
  }

  #session(host: string): HostSession | undefined {
    return this.#sources.inventory.session(host);
  }

  #isUp(host: string): boolean {
    const status = this.#session(host)?.status;
    return status !== undefined && isReachable(status);
  }
}

function categoryOf({ domain, host }: SessionVm): VmCategory {
  return vmCategory(domain, host.status);
}
