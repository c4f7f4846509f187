import type { Clock } from '../../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import type { Event } from '../../../base/event.ts';
import type {
  DashboardPatch,
  DashboardSnapshot,
  HostFigures,
  HostView,
  VmFigures,
  VmView,
} from '../../../contract/dashboard.ts';
import type { HostChange } from '../../../inventory/changes.ts';
import type { HostSession } from '../../../inventory/hostSession.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { keyOf } from '../../actions/vmActivities.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';
import type { L10n } from '../../l10n.ts';
import type { VmTarget } from '../../selection.ts';
import type { VmActivity } from '../../views/hosts/vmRow.ts';
import { hostFigures, hostView } from './hostView.ts';
import type { Ids } from './ids.ts';
import { vmFigures, vmView } from './vmView.ts';

export interface DashboardSources {
  readonly registry: Pick<HostRegistry, 'entries' | 'onDidChange'>;
  readonly inventory: Pick<Inventory, 'session' | 'onDidChange'>;
  readonly activities: {
    get(host: string, uuid: string): VmActivity | undefined;
    readonly onDidChange: Event<VmTarget>;
  };
  readonly addresses: (session: HostSession, uuid: string) => readonly string[];
  readonly clock: Clock;
  readonly l10n: L10n;
}

/** A change that somebody may wait for is sent that soon, with what comes with it. */
const changeMs = 30;
/** Figures of several hosts come within that time, and are sent together: the page draws them once. */
const figuresMs = 400;

/**
 * What the dashboard shows, as messages: a snapshot of everything, then patches with what looks different. Nothing
 * runs before the first snapshot, nor once it is disposed.
 */
export class DashboardFeed implements Disposable {
  readonly #sources: DashboardSources;
  readonly #send: (patch: DashboardPatch) => void;
  readonly #ids: Ids;
  readonly #disposables = new DisposableStore();
  /** As the page has them, by id. */
  readonly #sentHosts = new Map<number, HostView>();
  readonly #sentVms = new Map<number, VmView>();
  readonly #sentFigures = new Map<number, VmFigures>();
  #prepared: DashboardSnapshot | undefined;
  #sentOrder = '';
  readonly #changedHosts = new Set<string>();
  readonly #changedVms = new Map<string, VmTarget>();
  readonly #sampledVms = new Map<string, VmTarget>();
  readonly #sampledHosts = new Set<string>();
  readonly #gone = new Set<number>();
  #isAllChanged = false;
  #revision = 0;
  #intervalMs = 0;
  #timer: { readonly dueAt: number; readonly disposable: Disposable } | undefined;
  #isStarted = false;

  /** @param ids shared by all feeds of a panel, so that what the page remembers keeps its meaning */
  constructor(sources: DashboardSources, ids: Ids, send: (patch: DashboardPatch) => void) {
    this.#sources = sources;
    this.#ids = ids;
    this.#send = send;
  }

  /** How often hosts are sampled for the page, which greys figures that are older. */
  set intervalMs(intervalMs: number) {
    if (this.#intervalMs !== intervalMs) {
      this.#intervalMs = intervalMs;
      if (this.#isStarted) {
        this.#send({ revision: ++this.#revision, intervalMs });
      }
    }
  }

  /** Collects everything while the page is being loaded, which will ask for it. */
  prepare(): void {
    this.#prepared = this.snapshot();
  }

  /** Everything as it is now. What is not sent yet is in it. */
  snapshot(): DashboardSnapshot {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared?.revision === this.#revision) {
      return prepared; // what came since is sent after it
    }
    this.#listen();
    this.#forgetPending();
    this.#sentHosts.clear();
    this.#sentVms.clear();
    this.#sentFigures.clear();
    const hosts: HostView[] = [];
    const vms: VmView[] = [];
    const figures: VmFigures[] = [];
    const figuresOfHosts: HostFigures[] = [];
    for (const { name } of this.#sources.registry.entries) {
      hosts.push(...this.#newHost(name));
      if (this.#sources.inventory.session(name)?.sampler.node) {
        figuresOfHosts.push(this.#hostFigures(name));
      }
      for (const uuid of this.#sources.inventory.session(name)?.snapshot.domains.keys() ?? []) {
        vms.push(...this.#newVm({ host: name, uuid }));
        figures.push(...this.#newFigures({ host: name, uuid }));
      }
    }
    this.#sentOrder = JSON.stringify(this.#order());
    return {
      revision: ++this.#revision,
      now: this.#sources.clock.now(),
      intervalMs: this.#intervalMs,
      hosts,
      vms,
      hostFigures: figuresOfHosts,
      figures,
    };
  }

  dispose(): void {
    this.#timer?.disposable.dispose();
    this.#timer = undefined;
    this.#disposables.dispose();
  }

  #listen(): void {
    if (this.#isStarted) {
      return;
    }
    this.#isStarted = true;
    const { registry, inventory, activities } = this.#sources;
    this.#disposables.add(
      registry.onDidChange(() => {
        this.#isAllChanged = true;
        this.#schedule(changeMs);
      }),
    );
    this.#disposables.add(
      inventory.onDidChange(({ host, changes }) => {
        for (const change of changes) {
          this.#note(host, change);
        }
      }),
    );
    this.#disposables.add(
      activities.onDidChange((target) => {
        this.#vmChanged(target);
      }),
    );
  }

  #note(host: string, change: HostChange): void {
    switch (change.kind) {
      case 'status':
        // What can be done to each of its VMs depends on it
        for (const uuid of this.#sources.inventory.session(host)?.snapshot.domains.keys() ?? []) {
          this.#vmChanged({ host, uuid });
        }
        this.#hostChanged(host);
        return;
      case 'read':
      case 'node':
      case 'poolAdded':
      case 'poolChanged':
      case 'poolRemoved':
        this.#hostChanged(host);
        return;
      case 'domainAdded':
      case 'domainChanged':
        this.#vmChanged({ host, uuid: change.domain.uuid });
        return;
      case 'domainRemoved': {
        const target = { host, uuid: change.domain.uuid };
        this.#changedVms.delete(keyOf(target));
        this.#drop(this.#ids.vm(target));
        this.#schedule(changeMs);
        return;
      }
      case 'addresses':
        for (const uuid of change.uuids) {
          this.#vmChanged({ host, uuid });
        }
        return;
      case 'sampled':
        this.#sampledHosts.add(host);
        for (const uuid of change.uuids) {
          this.#sampledVms.set(keyOf({ host, uuid }), { host, uuid });
        }
        this.#schedule(figuresMs);
        return;
      default:
        return;
    }
  }

  #hostChanged(host: string): void {
    this.#changedHosts.add(host);
    this.#schedule(changeMs);
  }

  #vmChanged(target: VmTarget): void {
    this.#changedVms.set(keyOf(target), target);
    this.#schedule(changeMs);
  }

  #drop(id: number): void {
    if (this.#sentVms.delete(id)) {
      this.#gone.add(id);
    }
    this.#sentFigures.delete(id);
  }

  /** Sends within that time, or sooner if that was asked already. */
  #schedule(delayMs: number): void {
    const dueAt = this.#sources.clock.monotonic() + delayMs;
    if (this.#timer && this.#timer.dueAt <= dueAt) {
      return;
    }
    this.#timer?.disposable.dispose();
    this.#timer = {
      dueAt,
      disposable: this.#sources.clock.after(delayMs, () => {
        this.#timer = undefined;
        this.#flush();
      }),
    };
  }

  #flush(): void {
    const patch = this.#makePatch();
    if (Object.values(patch).some((list) => list.length > 0)) {
      const parts = Object.entries(patch).filter(([, list]) => list.length > 0);
      this.#send({
        ...(Object.fromEntries(parts) as Partial<typeof patch>),
        revision: ++this.#revision,
      });
    }
  }

  #makePatch(): Required<Omit<DashboardPatch, 'revision' | 'intervalMs'>> {
    const hostOrder = this.#isAllChanged ? this.#newOrder() : [];
    const changedHosts = this.#isAllChanged
      ? this.#sources.registry.entries.map(({ name }) => name)
      : [...this.#changedHosts];
    // A VM that came back under its identity is not gone
    const vms = [...this.#changedVms.values()].flatMap((target) => this.#newVm(target));
    for (const { id } of vms) {
      this.#gone.delete(id);
    }
    const patch = {
      hosts: changedHosts.flatMap((name) => this.#newHost(name)),
      hostOrder,
      vms,
      goneVms: [...this.#gone],
      hostFigures: [...this.#sampledHosts].map((name) => this.#hostFigures(name)),
      figures: [...this.#sampledVms.values()].flatMap((target) => this.#newFigures(target)),
    };
    this.#forgetPending();
    return patch;
  }

  #forgetPending(): void {
    this.#isAllChanged = false;
    this.#changedHosts.clear();
    this.#changedVms.clear();
    this.#sampledHosts.clear();
    this.#sampledVms.clear();
    this.#gone.clear();
  }

  #order(): readonly number[] {
    return this.#sources.registry.entries.map(({ name }) => this.#ids.host(name));
  }

  /** The order if it is another one; also drops what went with a host. */
  #newOrder(): readonly number[] {
    const order = this.#order();
    const { registry, inventory } = this.#sources;
    const present = new Set(registry.entries.map(({ name }) => name));
    for (const id of [...this.#sentVms.keys()]) {
      const target = this.#ids.target(id);
      if (
        !target ||
        !present.has(target.host) ||
        !inventory.session(target.host)?.domain(target.uuid)
      ) {
        this.#drop(id);
      }
    }
    const text = JSON.stringify(order);
    if (text === this.#sentOrder) {
      return [];
    }
    this.#sentOrder = text;
    for (const id of [...this.#sentHosts.keys()]) {
      if (!order.includes(id)) {
        this.#sentHosts.delete(id);
      }
    }
    return order;
  }

  #newHost(name: string): readonly HostView[] {
    const { registry, inventory, clock, l10n } = this.#sources;
    const entry = registry.entries.find((candidate) => candidate.name === name);
    if (!entry) {
      return [];
    }
    const host = inventory.session(name)?.snapshot;
    const view = hostView(this.#ids.host(name), entry, host, { now: clock.now(), l10n });
    return isNews(this.#sentHosts, view.id, view, isSameView) ? [view] : [];
  }

  #hostFigures(name: string): HostFigures {
    const { inventory, clock } = this.#sources;
    const sample = inventory.session(name)?.sampler.node;
    return hostFigures(this.#ids.host(name), sample, clock.now());
  }

  #newVm(target: VmTarget): readonly VmView[] {
    const { inventory, activities, addresses, l10n } = this.#sources;
    const session = inventory.session(target.host);
    const domain = session?.domain(target.uuid);
    if (!session || !domain) {
      return [];
    }
    const view = vmView(
      {
        id: this.#ids.vm(target),
        hostId: this.#ids.host(target.host),
        host: session,
        domain,
        addresses: addresses(session, target.uuid),
        activity: activities.get(target.host, target.uuid),
      },
      l10n,
    );
    return isNews(this.#sentVms, view.id, view, isSameView) ? [view] : [];
  }

  #newFigures(target: VmTarget): readonly VmFigures[] {
    const session = this.#sources.inventory.session(target.host);
    const sample = session?.sampler.peek(target.uuid);
    const domain = session?.domain(target.uuid);
    if (!sample || !domain) {
      return [];
    }
    const figures = vmFigures(this.#ids.vm(target), sample, domain.vcpus);
    return isNews(this.#sentFigures, figures[0], figures, isSameFigures) ? [figures] : [];
  }
}

/** Whether something looks different from what was sent under this id. */
function isNews<T>(
  sent: Map<number, T>,
  id: number,
  value: T,
  isSame: (a: T, b: T) => boolean,
): boolean {
  const before = sent.get(id);
  if (before !== undefined && isSame(before, value)) {
    return false;
  }
  sent.set(id, value);
  return true;
}

function isSameView<T extends HostView | VmView>(a: T, b: T): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Of all VMs in every tick. */
function isSameFigures(a: VmFigures, b: VmFigures): boolean {
  return a.every((value, index) => value === b[index]);
}
