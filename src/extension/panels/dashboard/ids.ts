import { keyOf } from '../../actions/vmActivities.ts';
import type { VmTarget } from '../../selection.ts';

/** Short numbers for hosts and VMs, so that messages need not repeat their names. */
export class Ids {
  readonly #hosts = new Map<string, number>();
  readonly #vms = new Map<string, number>();
  readonly #targets = new Map<number, VmTarget>();
  #last = 0;

  host(name: string): number {
    let id = this.#hosts.get(name);
    if (id === undefined) {
      id = ++this.#last;
      this.#hosts.set(name, id);
    }
    return id;
  }

  vm(target: VmTarget): number {
    const key = keyOf(target);
    let id = this.#vms.get(key);
    if (id === undefined) {
      id = ++this.#last;
      this.#vms.set(key, id);
      this.#targets.set(id, { host: target.host, uuid: target.uuid });
    }
    return id;
  }

  /** The VM of an id. */
  target(id: number): VmTarget | undefined {
    return this.#targets.get(id);
  }

  hostName(id: number): string | undefined {
    return [...this.#hosts].find(([, known]) => known === id)?.[0];
  }
}
