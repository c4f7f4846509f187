import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import { Emitter } from '../../../base/event.ts';
import { Slices } from '../../../base/slices.ts';
import type { HostChange } from '../../../inventory/changes.ts';
import type { Domain } from '../../../model/domain.ts';
import type { DomainSample } from '../../../model/sample.ts';
import type { Arrangement } from './arrange.ts';
import { isWorthDrawing } from './drawnFigures.ts';
import { FigureTurns } from './figureTurns.ts';
import type { HostsTreeSources } from './hostsTreeSources.ts';
import type { HostTreeNode, TreeNode, VmTreeNode } from './nodes.ts';
import { RefreshBatch } from './refreshBatch.ts';
import { isSameRow, type Row } from './row.ts';
import type { TreeNodes } from './treeNodes.ts';

/** Figures of a host's own row change all the time, and redrawing it redraws all below it: the more, the seldomer. */
const hostFigures = { leastMs: 10_000, perVmMs: 20 };
/** Up to how many VMs a host's row counts together with each change of state: it is drawn with all below it… */
const countAtOnce = 100;
/** …and how often a larger one does, the larger the seldomer. */
const counting = { leastMs: 1_000, perVmMs: 2 };
/** A moving order is renewed at most that often, so that rows can be read. */
const reorderMs = 5_000;
/** A row that is drawn anew loses its tooltip: figures wait until it may have been read. */
const tooltipMs = 10_000;

/** The tree that is drawn. */
export interface DrawnTree {
  readonly nodes: TreeNodes;
  arrangement(): Arrangement;
  /** Whether new figures can move rows, show or hide them. */
  movesWithFigures(): boolean;
  parent(node: TreeNode): TreeNode | undefined;
  makeRow(node: TreeNode): Row | undefined;
}

/** A row as it was given out last. */
interface Drawn {
  readonly row: Row;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly sample: DomainSample | undefined;
}

/** Decides which nodes of the Hosts tree have to be drawn again, and when. */
export class Redraws implements Disposable {
  readonly #sources: HostsTreeSources;
  readonly #tree: DrawnTree;
  readonly #disposables = new DisposableStore();
  readonly #changed = new Emitter<readonly TreeNode[] | undefined>();
  readonly #batch: RefreshBatch;
  readonly #figures: FigureTurns;
  readonly #drawn = new Map<TreeNode, Drawn>();
  /** Hosts with figures that are not drawn yet. */
  readonly #sampled = new Set<string>();
  /** Hosts whose rows will be drawn with new counts. */
  readonly #counting = new Map<string, Disposable>();
  #reorderedAt = 0;
  /** The row whose tooltip was asked for last, and until when its figures are left alone. */
  #pointedAt: { readonly node: TreeNode; readonly until: number } | undefined;

  /** Fires with the nodes to draw again, with all below them; undefined means everything. */
  readonly onDidChange = this.#changed.event;

  constructor(sources: HostsTreeSources, tree: DrawnTree) {
    this.#sources = sources;
    this.#tree = tree;
    const { registry, inventory, activities, clock } = sources;
    this.#batch = this.#disposables.add(
      new RefreshBatch(clock, (nodes) => {
        void this.#refresh(nodes);
      }),
    );
    this.#figures = this.#disposables.add(
      new FigureTurns(clock, () => {
        void this.#drawFigures();
      }),
    );
    this.#disposables.add(
      registry.onDidChange(() => {
        this.everything();
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
        this.#batch.add(tree.nodes.vm(host, uuid));
      }),
    );
  }

  /** Something changed that concerns all of the tree. */
  everything(): void {
    this.#batch.add(undefined);
  }

  /** A row was given out, to be drawn so; undefined for a node that is gone. */
  noteDrawn(node: TreeNode, row: Row | undefined): void {
    if (row) {
      const { inventory, clock } = this.#sources;
      const sample =
        node.kind === 'vm' ? inventory.session(node.host)?.sampler.domain(node.uuid) : undefined;
      this.#drawn.set(node, { row, at: clock.monotonic(), sample });
    } else {
      this.#drawn.delete(node);
    }
  }

  /** Somebody points at a node and is about to read its tooltip. */
  pointAt(node: TreeNode): void {
    this.#pointedAt = { node, until: this.#sources.clock.monotonic() + tooltipMs };
  }

  dispose(): void {
    for (const timer of this.#counting.values()) {
      timer.dispose();
    }
    this.#disposables.dispose();
    this.#changed.dispose();
  }

  /** Decides what a change means for what is drawn. */
  #apply(host: string, change: HostChange): void {
    const { nodes } = this.#tree;
    const structure = this.#tree.arrangement().groupBy === 'host' ? nodes.host(host) : undefined;
    switch (change.kind) {
      case 'domainRemoved':
        this.#forget(nodes.vm(host, change.domain.uuid));
        this.#batch.add(structure);
        return;
      case 'status':
      case 'read':
      case 'problems':
      case 'domainAdded':
        this.#batch.add(structure);
        return;
      case 'domainChanged':
        this.#domainChanged(host, change.domain, change.before, structure);
        return;
      case 'addresses':
        for (const uuid of change.uuids) {
          this.#batch.add(nodes.vm(host, uuid));
        }
        return;
      case 'sampled':
        this.#applySampled(host, structure);
        return;
      default:
        return;
    }
  }

  /**
   * Where no row moves, the VM's own is drawn, and the host's, which counts them: of a large one a
   * little later, since a host is drawn with all below it.
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
    if (looksDifferent) {
      this.#figures.stateChanged();
    }
    const { sortBy, filter } = this.#tree.arrangement();
    const standsByState = structure === undefined || sortBy === 'state' || filter !== '';
    if (domain.name !== before.name || (looksDifferent && standsByState)) {
      this.#batch.add(structure);
      return;
    }
    this.#batch.add(this.#tree.nodes.vm(host, domain.uuid));
    if (looksDifferent) {
      this.#count(host);
    }
  }

  #count(host: string): void {
    const { clock, inventory } = this.#sources;
    if (this.#counting.has(host)) {
      return;
    }
    const node = this.#tree.nodes.host(host);
    const vms = inventory.session(host)?.domainCount ?? 0;
    if (vms <= countAtOnce) {
      this.#batch.add(node);
      return;
    }
    const waitMs = Math.max(counting.leastMs, vms * counting.perVmMs);
    const timer = clock.after(waitMs, () => {
      this.#counting.delete(host);
      this.#batch.add(node);
    });
    this.#counting.set(host, timer);
  }

  #applySampled(host: string, structure: HostTreeNode | undefined): void {
    const now = this.#sources.clock.monotonic();
    if (this.#tree.movesWithFigures() && now - this.#reorderedAt >= reorderMs) {
      this.#reorderedAt = now;
      this.#batch.add(structure);
      return;
    }
    this.#sampled.add(host);
    this.#figures.ask();
  }

  async #drawFigures(): Promise<void> {
    const slices = new Slices(this.#sources.clock);
    const pointedAt = this.#nodePointedAt();
    const sampled = new Set(this.#sampled);
    this.#sampled.clear();
    const far: TreeNode[] = [];
    for (const [node, drawn] of this.#drawn) {
      if (node.kind === 'vm' && node !== pointedAt && sampled.has(node.host)) {
        if (this.#isFarFrom(drawn, node)) {
          far.push(node);
        }
        if (slices.step()) {
          await slices.rest();
        }
      }
    }
    // Grouped by state, a host that has figures has no row
    const hosts = this.#tree.arrangement().groupBy === 'host' ? sampled : [];
    for (const host of hosts) {
      const node = this.#tree.nodes.host(host);
      // A host is drawn with all below it
      if (hostOf(pointedAt) !== host && this.#sinceDrawn(node) >= this.#hostFiguresMs(host)) {
        far.push(node);
      }
    }
    for (const node of far) {
      this.#batch.add(node);
    }
  }

  #hostFiguresMs(host: string): number {
    const vms = this.#sources.inventory.session(host)?.domainCount ?? 0;
    return Math.max(hostFigures.leastMs, vms * hostFigures.perVmMs);
  }

  #isFarFrom(drawn: Drawn, { host, uuid }: VmTreeNode): boolean {
    const { clock, inventory } = this.#sources;
    return isWorthDrawing(drawn, inventory.session(host)?.sampler.domain(uuid), {
      now: clock.monotonic(),
      rows: this.#drawn.size,
    });
  }

  #nodePointedAt(): TreeNode | undefined {
    return this.#pointedAt && this.#sources.clock.monotonic() < this.#pointedAt.until
      ? this.#pointedAt.node
      : undefined;
  }

  /** Milliseconds. */
  #sinceDrawn(node: TreeNode): number {
    return this.#sources.clock.monotonic() - (this.#drawn.get(node)?.at ?? 0);
  }

  /** Keeps of the touched nodes those that look different. */
  async #refresh(touched: ReadonlySet<TreeNode> | undefined): Promise<void> {
    if (!touched) {
      this.#changed.fire(undefined);
      return;
    }
    const slices = new Slices(this.#sources.clock);
    const nodes: TreeNode[] = [];
    for (const node of touched) {
      if (node.kind !== 'vm' || this.#looksDifferent(node, touched)) {
        nodes.push(node);
      }
      if (slices.step()) {
        await slices.rest();
      }
    }
    if (nodes.length > 0) {
      this.#changed.fire(nodes);
    }
  }

  #looksDifferent(node: VmTreeNode, touched: ReadonlySet<TreeNode>): boolean {
    const before = this.#drawn.get(node)?.row;
    const parent = this.#tree.parent(node);
    if (!before || (parent && touched.has(parent))) {
      return false; // never drawn, or drawn anyway
    }
    const row = this.#tree.makeRow(node);
    return row !== undefined && !isSameRow(before, row);
  }

  #forget(node: VmTreeNode): void {
    this.#tree.nodes.forget(node);
    this.#drawn.delete(node);
  }
}

function hostOf(node: TreeNode | undefined): string | undefined {
  return node && 'host' in node ? node.host : undefined;
}
