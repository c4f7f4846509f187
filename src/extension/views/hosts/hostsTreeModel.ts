import type { Clock } from '../../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import { Emitter, type Event } from '../../../base/event.ts';
import type { HostChange } from '../../../inventory/changes.ts';
import type { HostSession } from '../../../inventory/hostSession.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { Domain } from '../../../model/domain.ts';
import { isReachable, type Host } from '../../../model/host.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';
import type { L10n } from '../../l10n.ts';
import { compareVms, matchesFilter, type ArrangedVm, type Arrangement } from './arrange.ts';
import { hostRow } from './hostRow.ts';
import { isWorthDrawing, type DrawnFigures } from './drawnFigures.ts';
import type { GroupTreeNode, HostTreeNode, NoteTreeNode, TreeNode, VmTreeNode } from './nodes.ts';
import { noteRow } from './noteRow.ts';
import { RefreshBatch } from './refreshBatch.ts';
import { isSameRow, type Row } from './row.ts';
import { vmCategories, vmCategory, type VmCategory } from './vmCategory.ts';
import { categoryName, vmRow, type VmActivity } from './vmRow.ts';

export interface HostsTreeSources {
  readonly registry: HostRegistry;
  readonly inventory: Inventory;
  readonly activities: {
    get(host: string, uuid: string): VmActivity | undefined;
    readonly onDidChange: Event<{ readonly host: string; readonly uuid: string }>;
  };
  readonly addresses: (session: HostSession, uuid: string) => readonly string[];
  readonly clock: Clock;
  readonly l10n: L10n;
}

/** Figures of a host's own row change all the time, and redrawing it redraws all below it. */
const hostFiguresMs = 10_000;
/** When a host's row counts its VMs again, after one of them changed. */
const countMs = 1_000;
/** A moving order is renewed at most that often, so that rows can be read. */
const reorderMs = 5_000;
/** A row that is drawn anew loses its tooltip: figures wait until it may have been read. */
const tooltipMs = 10_000;

/** What the Hosts tree shows, without the editor: which nodes there are, their rows, and what has to be redrawn. */
export class HostsTreeModel implements Disposable {
  readonly #sources: HostsTreeSources;
  readonly #disposables = new DisposableStore();
  readonly #changed = new Emitter<readonly TreeNode[] | undefined>();
  readonly #batch: RefreshBatch;
  readonly #nodes = new Map<string, TreeNode>();
  /** Rows as they were last given out, by node. */
  readonly #shown = new Map<TreeNode, Row>();
  readonly #hostDrawnAt = new Map<string, number>();
  readonly #drawnFigures = new Map<string, DrawnFigures>();
  /** Hosts whose rows will be drawn with new counts. */
  readonly #counting = new Map<string, Disposable>();
  #arrangement: Arrangement = { groupBy: 'host', sortBy: 'name', filter: '' };
  #reorderedAt = 0;
  /** The row whose tooltip was asked for last, and until when its figures are left alone. */
  #pointedAt: { readonly node: TreeNode; readonly until: number } | undefined;

  /** Fires with the nodes to draw again, with all below them; undefined means everything. */
  readonly onDidChange = this.#changed.event;

  constructor(sources: HostsTreeSources) {
    this.#sources = sources;
    const { registry, inventory, activities, clock } = sources;
    this.#batch = new RefreshBatch(clock, (nodes) => {
      this.#refresh(nodes);
    });
    this.#disposables.add(
      registry.onDidChange(() => {
        this.#batch.add(undefined);
      }),
    );
    this.#disposables.add(
      inventory.onDidChange(({ host, changes }) => {
        for (const change of changes) {
          this.#apply(host, change);
        }
      }),
    );
    this.#disposables.add(
      activities.onDidChange(({ host, uuid }) => {
        this.#batch.add(this.#vmNode(host, uuid));
      }),
    );
  }

  get arrangement(): Arrangement {
    return this.#arrangement;
  }

  set arrangement(arrangement: Arrangement) {
    this.#arrangement = arrangement;
    this.#batch.add(undefined);
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
        );
      case 'vm':
      case 'note':
        return [];
    }
  }

  parent(node: TreeNode): TreeNode | undefined {
    switch (node.kind) {
      case 'host':
      case 'group':
        return undefined;
      case 'note':
        return this.#hostNode(node.host);
      case 'vm': {
        if (this.#arrangement.groupBy === 'host') {
          return this.#hostNode(node.host);
        }
        const vm = this.#vm(node.host, node.uuid);
        return vm && this.#groupNode(vmCategory(vm.domain, vm.host.status));
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
    if (row) {
      this.#shown.set(node, row);
      this.#noteDrawn(node);
    } else {
      this.#shown.delete(node);
    }
    return row;
  }

  /** The node of a VM, as the tree has it. */
  vmNode(host: string, uuid: string): VmTreeNode | undefined {
    return this.#vm(host, uuid) && this.#vmNode(host, uuid);
  }

  /** The node of a host, unless the tree has none for it: grouped by state, a host that is well has no row. */
  hostNode(host: string): HostTreeNode | undefined {
    return (
      this.#roots().find((node) => node.kind === 'host' && node.host === host) &&
      this.#hostNode(host)
    );
  }

  /** Somebody points at a node and is about to read its tooltip. */
  pointAt(node: TreeNode): void {
    this.#pointedAt = { node, until: this.#sources.clock.monotonic() + tooltipMs };
  }

  /** How many VMs the filter hides. */
  get hiddenCount(): number {
    return this.#sources.inventory.hosts.reduce(
      (count, host) => count + host.domains.size - this.#vmsOf(host).length,
      0,
    );
  }

  dispose(): void {
    for (const timer of this.#counting.values()) {
      timer.dispose();
    }
    this.#batch.dispose();
    this.#disposables.dispose();
    this.#changed.dispose();
  }

  #roots(): readonly TreeNode[] {
    const hosts = this.#sources.registry.entries.map(({ name }) => this.#hostNode(name));
    if (this.#arrangement.groupBy === 'host') {
      return hosts;
    }
    const vms = this.#allVms();
    const present = new Set(vms.map((vm) => vmCategory(vm.domain, vm.host.status)));
    const quiet = hosts.filter(({ host }) => !this.#isUp(host));
    const groups = vmCategories.filter((category) => present.has(category));
    return [...quiet, ...groups.map((category) => this.#groupNode(category))];
  }

  #ofHost(node: HostTreeNode): readonly TreeNode[] {
    const host = this.#host(node.host);
    const vms = host ? this.#vmsOf(host) : [];
    const hasNote = vms.length === 0 || this.#arrangement.groupBy === 'state';
    if (hasNote) {
      return noteRow(host, this.#hidden(host), this.#sources.l10n)
        ? [this.#noteNode(node.host)]
        : [];
    }
    return this.#sorted(vms);
  }

  #hidden(host: Host | undefined): number {
    return !host || this.#arrangement.filter === ''
      ? 0
      : host.domains.size - this.#vmsOf(host).length;
  }

  #sorted(vms: ArrangedVm[]): readonly VmTreeNode[] {
    return vms
      .sort(compareVms(this.#arrangement.sortBy))
      .map(({ host, domain }) => this.#vmNode(host.name, domain.uuid));
  }

  #allVms(): ArrangedVm[] {
    return this.#sources.inventory.hosts.flatMap((host) => this.#vmsOf(host));
  }

  #vmsOf(host: Host): ArrangedVm[] {
    const { inventory, addresses, l10n } = this.#sources;
    const session = inventory.session(host.name);
    const vms: ArrangedVm[] = [];
    for (const domain of host.domains.values()) {
      const vm = {
        host,
        domain,
        sample: session?.sampler.domain(domain.uuid),
        addresses: session ? addresses(session, domain.uuid) : [],
      };
      if (matchesFilter(vm, this.#arrangement.filter, (category) => categoryName(category, l10n))) {
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

  /** Decides what a change means for what is drawn. */
  #apply(host: string, change: HostChange): void {
    const structure = this.#arrangement.groupBy === 'host' ? this.#hostNode(host) : undefined;
    switch (change.kind) {
      case 'domainRemoved':
        this.#forget(this.#vmNode(host, change.domain.uuid));
        this.#batch.add(structure);
        return;
      case 'status':
      case 'problems':
      case 'domainAdded':
        this.#batch.add(structure);
        return;
      case 'domainChanged':
        this.#domainChanged(host, change.domain, change.before, structure);
        return;
      case 'addresses':
        for (const uuid of change.uuids) {
          this.#batch.add(this.#vmNode(host, uuid));
        }
        return;
      case 'sampled':
        this.#applySampled(host, change.uuids, structure);
        return;
      default:
        return;
    }
  }

  #applySampled(host: string, uuids: readonly string[], structure: HostTreeNode | undefined): void {
    const now = this.#sources.clock.monotonic();
    if (this.#arrangement.sortBy === 'cpu' && now - this.#reorderedAt >= reorderMs) {
      this.#reorderedAt = now;
      this.#batch.add(structure);
      return;
    }
    const sampler = this.#sources.inventory.session(host)?.sampler;
    const pointedAt = this.#nodePointedAt(now);
    for (const uuid of uuids) {
      const vm = this.#vmNode(host, uuid);
      const drawn = this.#drawnFigures.get(vm.id);
      if (vm !== pointedAt && drawn && isWorthDrawing(drawn, sampler?.domain(uuid), now)) {
        this.#batch.add(vm);
      }
    }
    // A host is drawn with all below it
    if (hostOf(pointedAt) !== host && now - (this.#hostDrawnAt.get(host) ?? 0) >= hostFiguresMs) {
      this.#batch.add(this.#hostNode(host));
    }
  }

  #nodePointedAt(now: number): TreeNode | undefined {
    return this.#pointedAt && now < this.#pointedAt.until ? this.#pointedAt.node : undefined;
  }

  /**
   * A host is drawn with all below it, and for a moment its rows cannot be clicked: where no row moves, only the
   * VM's own is drawn at once, and the host, which counts them, a little later.
   */
  #domainChanged(
    host: string,
    domain: Domain,
    before: Domain,
    structure: HostTreeNode | undefined,
  ): void {
    const looksDifferent =
      domain.state !== before.state ||
      domain.reason !== before.reason ||
      domain.hasManagedSave !== before.hasManagedSave ||
      domain.notAnsweringSince !== before.notAnsweringSince;
    const { sortBy, filter } = this.#arrangement;
    const standsByState = structure === undefined || sortBy === 'state' || filter !== '';
    if (domain.name !== before.name || (looksDifferent && standsByState)) {
      this.#batch.add(structure);
      return;
    }
    this.#batch.add(this.#vmNode(host, domain.uuid));
    if (looksDifferent && !this.#counting.has(host)) {
      const timer = this.#sources.clock.after(countMs, () => {
        this.#counting.delete(host);
        this.#batch.add(this.#hostNode(host));
      });
      this.#counting.set(host, timer);
    }
  }

  /** Keeps of the touched nodes those that look different. */
  #refresh(touched: ReadonlySet<TreeNode> | undefined): void {
    if (!touched) {
      this.#changed.fire(undefined);
      return;
    }
    const parents = new Set<TreeNode>([...touched].filter((node) => node.kind !== 'vm'));
    const nodes = [...touched].filter((node) => {
      if (node.kind !== 'vm') {
        return true;
      }
      const before = this.#shown.get(node);
      const parent = this.parent(node);
      if (!before || (parent && parents.has(parent))) {
        return false; // never drawn, or drawn anyway
      }
      const row = this.#makeRow(node);
      return row !== undefined && !isSameRow(before, row);
    });
    if (nodes.length > 0) {
      this.#changed.fire(nodes);
    }
  }

  #hostNode(host: string): HostTreeNode {
    return this.#node({ kind: 'host', id: `host:${host}`, host });
  }

  #groupNode(category: VmCategory): GroupTreeNode {
    return this.#node({ kind: 'group', id: `group:${category}`, category });
  }

  #noteNode(host: string): NoteTreeNode {
    return this.#node({ kind: 'note', id: `note:${host}`, host });
  }

  #vmNode(host: string, uuid: string): VmTreeNode {
    return this.#node({ kind: 'vm', id: `vm:${host}/${uuid}`, host, uuid });
  }

  /** Remembers when a row was given out, and with what figures. */
  #noteDrawn(node: TreeNode): void {
    const { inventory, clock } = this.#sources;
    if (node.kind === 'host') {
      this.#hostDrawnAt.set(node.host, clock.monotonic());
    } else if (node.kind === 'vm') {
      const sample = inventory.session(node.host)?.sampler.domain(node.uuid);
      this.#drawnFigures.set(node.id, { at: clock.monotonic(), sample });
    }
  }

  #forget(node: TreeNode): void {
    this.#nodes.delete(node.id);
    this.#shown.delete(node);
    this.#drawnFigures.delete(node.id);
  }

  /** The editor knows nodes by identity: the same thing is always the same object. */
  #node<T extends TreeNode>(node: T): T {
    const known = this.#nodes.get(node.id);
    if (known) {
      return known as T;
    }
    this.#nodes.set(node.id, node);
    return node;
  }
}

function hostOf(node: TreeNode | undefined): string | undefined {
  return node && 'host' in node ? node.host : undefined;
}
