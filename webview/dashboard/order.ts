import { vmStates, type VmState } from '../../src/contract/vmStates.ts';
import { compileQuery } from '../../src/query/matchQuery.ts';
import { parseQuery } from '../../src/query/parseQuery.ts';
import type { DashboardHost } from './dashboardHost.ts';
import type { DashboardVm } from './dashboardVm.ts';
import type { ColumnId, ViewState } from './viewState.ts';

/** A line of the grid. */
export type Line =
  | { readonly kind: 'vm'; readonly vm: DashboardVm }
  | { readonly kind: 'group'; readonly group: DashboardHost | VmState; readonly count: number };

type Arrangement = Pick<ViewState, 'query' | 'groupBy' | 'sort'>;

/** A moving order is renewed at most that often, so that rows can be read. */
const reorderMs = 5_000;

type Key = number | string | undefined;

const keys: Readonly<Record<ColumnId, (vm: DashboardVm) => Key>> = {
  name: (vm) => vm.nameRank,
  state: (vm) => vmStates.indexOf(vm.state),
  host: (vm) => vm.host,
  cpu: (vm) => vm.cpuPercent,
  memory: (vm) => vm.memoryPercent,
  vcpus: (vm) => vm.vcpus,
  read: (vm) => vm.readBytes,
  write: (vm) => vm.writeBytes,
  iops: (vm) => vm.requests,
  in: (vm) => vm.receiveBytes,
  out: (vm) => vm.transmitBytes,
  uptime: (vm) => (vm.upSince === undefined ? undefined : -vm.upSince),
  ip: (vm) => ipKey(vm.addresses[0]),
};

const moving: ReadonlySet<ColumnId> = new Set<ColumnId>([
  'cpu',
  'memory',
  'read',
  'write',
  'iops',
  'in',
  'out',
]);

/** Columns whose largest values are looked for first. */
export function startsDescending(column: ColumnId): boolean {
  return moving.has(column) || column === 'vcpus' || column === 'uptime';
}

/**
 * Which VMs the grid shows, and in what order. Where figures decide, both are renewed at most every 5 seconds and not
 * while somebody points at the rows; a VM that is new or gone counts at once.
 */
export class Order {
  #arrangement: Arrangement;
  #lines: readonly Line[] = [];
  /** Places at the last full ordering; only of those that were shown. */
  #ranks = new Map<DashboardVm['id'], number>();
  readonly #hidden = new Set<DashboardVm['id']>();
  #orderedAt = Number.NEGATIVE_INFINITY;
  #isMoving = false;
  #matches: (vm: DashboardVm) => boolean = () => true;

  constructor(arrangement: Arrangement) {
    this.#arrangement = arrangement;
    this.#compile();
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** Whether figures decide, so that the order can be old. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** Another query, order or grouping; to be followed by {@link renew}. */
  set arrangement(arrangement: Arrangement) {
    this.#arrangement = arrangement;
    this.#compile();
    this.#orderedAt = Number.NEGATIVE_INFINITY;
  }

  /** Orders everything by what is known now. @param now monotonic milliseconds */
  renew(vms: Iterable<DashboardVm>, hosts: readonly DashboardHost[], now: number): void {
    this.#orderedAt = now;
    this.#hidden.clear();
    const shown: DashboardVm[] = [];
    for (const vm of vms) {
      if (this.#matches(vm)) {
        shown.push(vm);
      } else {
        this.#hidden.add(vm.id);
      }
    }
    const { column, isDescending } = this.#arrangement.sort;
    sortBy(shown, keys[column], isDescending);
    this.#ranks = new Map(shown.map(({ id }, rank) => [id, rank]));
    this.#lines = this.#group(shown, hosts);
  }

  /** VMs or hosts came, went or changed; where figures decide, those that were ordered keep their place. */
  adapt(vms: Iterable<DashboardVm>, hosts: readonly DashboardHost[], now: number): void {
    if (!this.#isMoving) {
      this.renew(vms, hosts, now);
      return;
    }
    const shown: DashboardVm[] = [];
    for (const vm of vms) {
      if (this.#ranks.has(vm.id) || (!this.#hidden.has(vm.id) && this.#matches(vm))) {
        shown.push(vm);
      }
    }
    const last = Number.MAX_SAFE_INTEGER;
    shown.sort(
      (a, b) =>
        (this.#ranks.get(a.id) ?? last) - (this.#ranks.get(b.id) ?? last) ||
        a.nameRank - b.nameRank,
    );
    this.#lines = this.#group(shown, hosts);
  }

  /** Whether the order is old and may be renewed now. */
  isDue(now: number, isPointedAt: boolean): boolean {
    return this.#isMoving && !isPointedAt && now - this.#orderedAt >= reorderMs;
  }

  #compile(): void {
    const query = parseQuery(this.#arrangement.query);
    this.#matches = query.terms.length === 0 ? () => true : compileQuery(query);
    this.#isMoving =
      moving.has(this.#arrangement.sort.column) ||
      query.terms.some(({ condition }) => condition.kind === 'number');
  }

  #group(shown: readonly DashboardVm[], hosts: readonly DashboardHost[]): readonly Line[] {
    const { groupBy } = this.#arrangement;
    if (groupBy === 'none') {
      return shown.map((vm) => ({ kind: 'vm', vm }));
    }
    const groups = new Map<DashboardHost | VmState, DashboardVm[]>(
      (groupBy === 'host' ? hosts : vmStates).map((group) => [group, []]),
    );
    for (const vm of shown) {
      groups.get(groupBy === 'host' ? vm.owner : vm.state)?.push(vm);
    }
    return [...groups].flatMap(([group, members]): readonly Line[] =>
      members.length === 0
        ? []
        : [
            { kind: 'group', group, count: members.length },
            ...members.map((vm) => ({ kind: 'vm', vm }) as const),
          ],
    );
  }
}

/** What is not known stands last, whichever way round; what is equal is ordered by name. */
function sortBy(vms: DashboardVm[], keyOf: (vm: DashboardVm) => Key, isDescending: boolean): void {
  const known = new Map(vms.map((vm) => [vm, keyOf(vm)]));
  const sign = isDescending ? -1 : 1;
  vms.sort((a, b) => {
    const left = known.get(a);
    const right = known.get(b);
    if (left === right) {
      return a.nameRank - b.nameRank;
    }
    if (left === undefined || right === undefined) {
      return left === undefined ? 1 : -1;
    }
    return left < right ? -sign : sign;
  });
}

/** IPv4 addresses as their numbers follow each other, before all others. */
function ipKey(address: string | undefined): string | undefined {
  return address === undefined || address.includes(':')
    ? address
    : ` ${address
        .split('.')
        .map((part) => part.padStart(3, '0'))
        .join('.')}`;
}
