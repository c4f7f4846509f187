import type { DashboardPatch, DashboardSnapshot } from '../../src/contract/dashboard.ts';
import { DashboardHost } from './dashboardHost.ts';
import { DashboardVm } from './dashboardVm.ts';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** What a message changed: which VMs there are or how they stand, or only figures. */
export type StoreChange = 'structure' | 'figures' | 'gap';

/** All hosts and VMs as the extension told of them. */
export class DashboardStore {
  readonly #hosts = new Map<number, DashboardHost>();
  readonly #vms = new Map<number, DashboardVm>();
  #order: readonly number[] = [];
  #revision = 0;
  /** Counts what was told. */
  version = 0;
  #areRanksOld = false;
  /** What to take from our clock to have the extension's. */
  #clockOffset = 0;
  intervalMs = 2_000;

  get hosts(): readonly DashboardHost[] {
    return this.#order.flatMap((id) => this.#hosts.get(id) ?? []);
  }

  get vmCount(): number {
    return this.#vms.size;
  }

  /** Each knows its place by name. */
  get vms(): Iterable<DashboardVm> {
    if (this.#areRanksOld) {
      this.#areRanksOld = false;
      const byName = [...this.#vms.values()].sort(
        (a, b) =>
          collator.compare(a.name, b.name) || collator.compare(a.host, b.host) || a.id - b.id,
      );
      for (const [rank, vm] of byName.entries()) {
        vm.nameRank = rank;
      }
    }
    return this.#vms.values();
  }

  vm(id: number): DashboardVm | undefined {
    return this.#vms.get(id);
  }

  /** Milliseconds since the epoch by the extension's clock. */
  now(): number {
    return Date.now() - this.#clockOffset;
  }

  take(snapshot: DashboardSnapshot): void {
    this.version++;
    this.#clockOffset = Date.now() - snapshot.now;
    this.#revision = snapshot.revision;
    this.intervalMs = snapshot.intervalMs;
    const known = new Map(this.#vms);
    this.#hosts.clear();
    this.#vms.clear();
    this.#order = snapshot.hosts.map(({ id }) => id);
    for (const view of snapshot.hosts) {
      this.#hosts.set(view.id, new DashboardHost(view));
    }
    for (const view of snapshot.vms) {
      this.#putVm(view, known.get(view.id));
    }
    this.#putFigures(snapshot);
    this.#areRanksOld = true;
  }

  /** @returns `gap` if a patch before this one is missing; nothing was changed then */
  apply(patch: DashboardPatch): StoreChange {
    if (patch.revision !== this.#revision + 1) {
      // One from before the snapshot is no news
      return patch.revision <= this.#revision ? 'figures' : 'gap';
    }
    this.version++;
    this.#revision = patch.revision;
    this.intervalMs = patch.intervalMs ?? this.intervalMs;
    this.#putHosts(patch);
    for (const view of patch.vms ?? []) {
      this.#putVm(view, this.#vms.get(view.id));
    }
    for (const id of patch.goneVms ?? []) {
      this.#vms.delete(id);
    }
    this.#putFigures(patch);
    if (patch.hostFigures) {
      this.#addPoints(new Set(patch.hostFigures.map(([id]) => id)));
    }
    const isStructure = patch.hosts ?? patch.hostOrder ?? patch.vms ?? patch.goneVms;
    return isStructure ? 'structure' : 'figures';
  }

  #putHosts({ hosts = [], hostOrder }: Pick<DashboardPatch, 'hosts' | 'hostOrder'>): void {
    for (const view of hosts) {
      const host = this.#hosts.get(view.id);
      if (host) {
        host.view = view;
      } else {
        this.#hosts.set(view.id, new DashboardHost(view));
      }
    }
    this.#order = hostOrder ?? this.#order;
  }

  #putVm(view: DashboardSnapshot['vms'][number], known: DashboardVm | undefined): void {
    const owner = this.#hosts.get(view.host);
    if (!owner) {
      return;
    }
    if (known?.owner.view.id === owner.view.id) {
      this.#areRanksOld ||= known.name !== view.name;
      const vm = known.owner === owner ? known : moved(known, owner);
      vm.setView(view);
      this.#vms.set(view.id, vm);
    } else {
      this.#areRanksOld = true;
      this.#vms.set(view.id, new DashboardVm(view, owner));
    }
  }

  #putFigures({ figures, hostFigures }: Pick<DashboardPatch, 'figures' | 'hostFigures'>): void {
    for (const entry of hostFigures ?? []) {
      const host = this.#hosts.get(entry[0]);
      if (host) {
        host.figures = entry;
      }
    }
    for (const entry of figures ?? []) {
      this.#vms.get(entry[0])?.setFigures(entry);
    }
  }

  #addPoints(hostIds: ReadonlySet<number>): void {
    for (const vm of this.#vms.values()) {
      if (hostIds.has(vm.view.host)) {
        vm.addPoint();
      }
    }
  }
}

/** The same VM below the object that stands for its host now, with the points it had. */
function moved(vm: DashboardVm, owner: DashboardHost): DashboardVm {
  const made = new DashboardVm(vm.view, owner);
  made.cpuPoints.push(...vm.cpuPoints);
  made.memoryPoints.push(...vm.memoryPoints);
  made.hasAskedForPoints = vm.hasAskedForPoints;
  return made;
}
