import type { Clock } from '../../../base/clock.ts';
import { Slices } from '../../../base/slices.ts';
import { sortInSlices } from '../../../base/sortInSlices.ts';
import type { HostChange } from '../../../inventory/changes.ts';
import type { Domain } from '../../../model/domain.ts';
import type { HostSession } from '../../../inventory/hostSession.ts';
import { compareNames } from './arrange.ts';

/** Up to how many VMs are put in order at once. */
const atOnce = 500;
/** How often a large host is put in order that changes meanwhile, before it is done at once. */
const tries = 3;

/** What of a host is put in order. */
export type OrderedHost = Pick<HostSession, 'name' | 'domainCount' | 'domains'>;

/**
 * The VMs of each host by name, as people count. Comparing names is most of what arranging costs, and who there is and
 * what they are called changes seldom.
 */
export class NameOrder {
  readonly #clock: Clock;
  readonly #uuids = new Map<string, readonly string[]>();
  /** Those whose order is being found, and whether it is still true. */
  readonly #sorting = new Map<string, { isTrue: boolean }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes over what may change the order of a host. */
  apply(host: string, change: HostChange): void {
    if (
      change.kind === 'domainAdded' ||
      change.kind === 'domainRemoved' ||
      (change.kind === 'domainChanged' && change.domain.name !== change.before.name)
    ) {
      this.#forget(host);
    }
  }

  /** Forgets all: other hosts may have the names now. */
  clear(): void {
    for (const host of [...this.#uuids.keys(), ...this.#sorting.keys()]) {
      this.#forget(host);
    }
  }

  /** Undefined if it is known already, or fast to find. */
  prepare(host: OrderedHost): Promise<void> | undefined {
    return this.#uuids.has(host.name) || host.domainCount <= atOnce ? undefined : this.#sort(host);
  }

  /** The UUIDs of a host's VMs. */
  of(host: OrderedHost): readonly string[] {
    let uuids = this.#uuids.get(host.name);
    if (!uuids) {
      uuids = [...host.domains()].sort(compareNames).map(({ uuid }) => uuid);
      this.#uuids.set(host.name, uuids);
    }
    return uuids;
  }

  #forget(host: string): void {
    this.#uuids.delete(host);
    const sorting = this.#sorting.get(host);
    if (sorting) {
      sorting.isTrue = false;
    }
  }

  /** What comes or goes meanwhile makes it of no use: then it is done again, and after a few times by who asks. */
  async #sort(host: OrderedHost): Promise<void> {
    const { name } = host;
    for (let left = tries; left > 0 && !this.#uuids.has(name); left--) {
      this.#forget(name);
      const sorting = { isTrue: true };
      this.#sorting.set(name, sorting);
      const slices = new Slices(this.#clock);
      const sorted = await sortInSlices<Domain>([...host.domains()], compareNames, slices);
      if (this.#sorting.get(name) === sorting) {
        this.#sorting.delete(name);
      }
      if (sorting.isTrue) {
        this.#uuids.set(
          name,
          sorted.map(({ uuid }) => uuid),
        );
      }
    }
  }
}
