import { vmStates } from '../../../contract/vmStates.ts';
import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import type { Event } from '../../../base/event.ts';
import { Turns } from '../../../base/turns.ts';
import { isReachable, type Host } from '../../../model/host.ts';
import { compareVms, type ArrangedVm, type Arrangement } from './arrange.ts';
import { hostRow } from './hostRow.ts';
import type { HostsTreeSources } from './hostsTreeSources.ts';
import type { GroupTreeNode, HostTreeNode, TreeNode, VmTreeNode } from './nodes.ts';
import { NameOrder } from './nameOrder.ts';
import { noteRow } from './noteRow.ts';
import { Redraws } from './redraws.ts';
import type { Row } from './row.ts';
import { TreeNodes } from './treeNodes.ts';
import { vmCategory } from './vmCategory.ts';
import { vmFilter } from './vmFilter.ts';
import { categoryName, vmRow } from './vmRow.ts';

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
        return this.#sorted(
          this.#allVms().filter((vm) => vmCategory(vm.domain, vm.host.status) === node.category),
          { isByName: false },
        );
      case 'vm':
      case 'note':
        return [];
    }
  }

  /** The same; of a host with many VMs after other work was served. */
  childrenSoon(node?: TreeNode): readonly TreeNode[] | Promise<readonly TreeNode[]> {
    const host = node?.kind === 'host' ? this.#host(node.host) : undefined;
    return (
      (host && this.#order.prepare(host)?.then(() => this.children(node))) ?? this.children(node)
    );
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
        return vm && this.#nodes.group(vmCategory(vm.domain, vm.host.status));
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
    return (
      this.#roots().find((node) => node.kind === 'host' && node.host === host) &&
      this.#nodes.host(host)
    );
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

  /** How many VMs the filter hides. */
  get hiddenCount(): number {
    return this.#sources.inventory.hosts.reduce(
      (count, host) => count + host.domains.size - this.#vmsOf(host).length,
      0,
    );
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #roots(): readonly TreeNode[] {
    const hosts = this.#sources.registry.entries.map(({ name }) => this.#nodes.host(name));
    if (this.#arrangement.groupBy === 'host') {
      return hosts;
    }
    const vms = this.#allVms();
    const present = new Set(vms.map((vm) => vmCategory(vm.domain, vm.host.status)));
    const quiet = hosts.filter(({ host }) => !this.#isUp(host));
    const groups = vmStates.filter((category) => present.has(category));
    return [...quiet, ...groups.map((category) => this.#nodes.group(category))];
  }

  #ofHost(node: HostTreeNode): readonly TreeNode[] {
    const host = this.#host(node.host);
    const vms = host ? this.#vmsOf(host) : [];
    const hasNote = vms.length === 0 || this.#arrangement.groupBy === 'state';
    if (hasNote) {
      return noteRow(host, this.#hidden(host), this.#sources.l10n)
        ? [this.#nodes.note(node.host)]
        : [];
    }
    return this.#sorted(vms, { isByName: true });
  }

  #hidden(host: Host | undefined): number {
    return !host || this.#arrangement.filter === ''
      ? 0
      : host.domains.size - this.#vmsOf(host).length;
  }

  #sorted(vms: ArrangedVm[], options: { readonly isByName: boolean }): readonly VmTreeNode[] {
    return vms
      .sort(compareVms(this.#arrangement.sortBy, options))
      .map(({ host, domain }) => this.#nodes.vm(host.name, domain.uuid));
  }

  #allVms(): ArrangedVm[] {
    return this.#sources.inventory.hosts.flatMap((host) => this.#vmsOf(host));
  }

  /** By name. */
  #vmsOf(host: Host): ArrangedVm[] {
    const { inventory, addresses } = this.#sources;
    const session = inventory.session(host.name);
    const vms: ArrangedVm[] = [];
    for (const uuid of this.#order.of(host)) {
      const domain = host.domains.get(uuid);
      // A host of that name may have been another when they were put in order
      if (!domain) {
        continue;
      }
      const vm = {
        host,
        domain,
        sample: session?.sampler.domain(domain.uuid),
        addresses: session ? addresses(session, domain.uuid) : [],
      };
      if (this.#filter.shows(vm)) {
        vms.push(vm);
      }
    }
    return vms;
  }

  #makeRow(node: TreeNode): Row | undefined {
    const { registry, inventory, clock, l10n } = this.#sources;
    switch (node.kind) {
      case 'host': {
        const { entries } = registry;
        const at = entries.findIndex(({ name }) => name === node.host);
        const entry = entries[at];
        return (
          entry &&
          hostRow(
            {
              entry,
              host: this.#host(node.host),
              sample: inventory.session(node.host)?.sampler.node,
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
      case 'note': {
        const host = this.#host(node.host);
        return noteRow(host, this.#hidden(host), l10n);
      }
      case 'vm':
        return this.#vmRow(node);
    }
  }

  #groupRow({ category }: GroupTreeNode): Row {
    const count = this.#allVms().filter(
      ({ domain, host }) => vmCategory(domain, host.status) === category,
    ).length;
    const name = categoryName(category, this.#sources.l10n);
    return {
      label: name.charAt(0).toUpperCase() + name.slice(1),
      description: String(count),
      icon: { id: 'folder', color: undefined },
      contextValue: 'group',
      accessibilityLabel: this.#sources.l10n.t('{0}, {1} VMs', name, count),
    };
  }

  #vmRow(node: VmTreeNode): Row | undefined {
    const { activities, clock, l10n } = this.#sources;
    const vm = this.#vm(node.host, node.uuid);
    return (
      vm &&
      vmRow(
        {
          ...vm,
          activity: activities.get(node.host, node.uuid),
          showsHost: this.#arrangement.groupBy === 'state',
          now: clock.now(),
        },
        l10n,
      )
    );
  }

  #vm(hostName: string, uuid: string): (ArrangedVm & { readonly host: Host }) | undefined {
    const session = this.#sources.inventory.session(hostName);
    const domain = session?.snapshot.domains.get(uuid);
    return (
      session &&
      domain && {
        host: session.snapshot,
        domain,
        sample: session.sampler.domain(uuid),
        addresses: this.#sources.addresses(session, uuid),
      }
    );
  }

  #host(name: string): Host | undefined {
    return this.#sources.inventory.session(name)?.snapshot;
  }

  #isUp(name: string): boolean {
    const host = this.#host(name);
    return host !== undefined && isReachable(host.status);
  }
}
