import type { VmFigures, VmView } from '../../src/contract/dashboard.ts';
import type { VmState } from '../../src/contract/vmStates.ts';
import type { QuerySubject } from '../../src/query/matchQuery.ts';
import type { DashboardHost } from './dashboardHost.ts';

/** How many points a little graph has. */
const sparkPoints = 30;
const bytesPerMiB = 1_024 * 1_024;

type Points = (number | null)[];

/** A VM as the page knows it; what queries see, columns show and orders compare. */
export class DashboardVm implements QuerySubject {
  readonly id: number;
  readonly host: string;
  readonly owner: DashboardHost;
  view: VmView;
  figures: VmFigures | undefined;
  /** Its place among all by name; see the store. */
  nameRank = 0;
  /** The latest points of CPU in 0.1 % and memory used in MiB. */
  readonly cpuPoints: Points = [];
  readonly memoryPoints: Points = [];
  /** Whether the points from before the page was opened were asked for. */
  hasAskedForPoints = false;
  /** Counts what changed in its looks. */
  version = 0;

  constructor(view: VmView, owner: DashboardHost) {
    this.id = view.id;
    this.view = view;
    this.owner = owner;
    this.host = owner.view.name;
  }

  get name(): string {
    return this.view.name;
  }

  get state(): VmState {
    return this.view.state;
  }

  get addresses(): readonly string[] {
    return this.view.addresses;
  }

  get autostart(): boolean {
    return this.view.autostart;
  }

  get vcpus(): number | undefined {
    return this.view.vcpus ?? undefined;
  }

  get cpuPercent(): number | undefined {
    const permille = this.#figure(1);
    return permille === undefined ? undefined : permille / 10;
  }

  get memoryUsedBytes(): number | undefined {
    return inBytes(this.#figure(2));
  }

  get allocatedBytes(): number | undefined {
    const kib = this.view.memoryKiB;
    return inBytes(this.#figure(3)) ?? (kib === null ? undefined : kib * 1_024);
  }

  get memoryPercent(): number | undefined {
    const used = this.memoryUsedBytes;
    const all = this.allocatedBytes;
    return used === undefined || !all ? undefined : (used / all) * 100;
  }

  get readBytes(): number | undefined {
    return this.#figure(4);
  }

  get writeBytes(): number | undefined {
    return this.#figure(5);
  }

  get requests(): number | undefined {
    const reads = this.#figure(6);
    const writes = this.#figure(7);
    return reads === undefined && writes === undefined ? undefined : (reads ?? 0) + (writes ?? 0);
  }

  get receiveBytes(): number | undefined {
    return this.#figure(8);
  }

  get transmitBytes(): number | undefined {
    return this.#figure(9);
  }

  /** Since when it runs, in milliseconds since the epoch; undefined if it does not, or did before we came. */
  get upSince(): number | undefined {
    return this.state === 'running' ? (this.view.since ?? undefined) : undefined;
  }

  setView(view: VmView): void {
    this.view = view;
    if (!isActive(view.state)) {
      this.figures = undefined;
      this.cpuPoints.length = 0;
      this.memoryPoints.length = 0;
    }
    this.version++;
  }

  setFigures(figures: VmFigures): void {
    this.figures = figures;
    this.version++;
  }

  /** Called once a tick: figures that did not change are not sent, but are points all the same. */
  addPoint(): void {
    if (this.figures) {
      push(this.cpuPoints, this.figures[1]);
      push(this.memoryPoints, this.figures[2]);
      this.version++;
    }
  }

  /** Puts points from before the page was opened in front of those seen since. */
  addEarlierPoints(cpu: readonly (number | null)[], memory: readonly (number | null)[]): void {
    prepend(this.cpuPoints, cpu);
    prepend(this.memoryPoints, memory);
    this.version++;
  }

  #figure(index: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9): number | undefined {
    return this.figures?.[index] ?? undefined;
  }
}

/** Whether a VM in this state has figures. */
export function isActive(state: VmState): boolean {
  return state !== 'off' && state !== 'saved' && state !== 'crashed';
}

function inBytes(mib: number | undefined): number | undefined {
  return mib === undefined ? undefined : mib * bytesPerMiB;
}

function push(points: Points, value: number | null): void {
  points.push(value);
  if (points.length > sparkPoints) {
    points.shift();
  }
}

function prepend(points: Points, earlier: readonly (number | null)[]): void {
  const room = sparkPoints - points.length;
  if (room > 0) {
    points.unshift(...earlier.slice(-room));
  }
}
