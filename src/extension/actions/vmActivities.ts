import { Emitter } from '../../base/event.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { VmTarget } from '../selection.ts';
import type { VmActivity } from '../views/hosts/vmRow.ts';

/**
 * Where an activity comes from; the first that has something to say is shown. An `operation` is what we do to
 * the VM, a `wait` is for what its guest was asked to do, a `result` is how the last action ended.
 */
const layers = ['operation', 'wait', 'result'] as const;
type Layer = (typeof layers)[number];

/** What is being done to VMs, or came of it: what their rows show besides their state. */
export class VmActivities implements Disposable {
  readonly #byVm = new Map<string, Map<Layer, VmActivity>>();
  readonly #changed = new Emitter<VmTarget>();
  readonly #subscription: Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(inventory: Pick<Inventory, 'onDidChange'>) {
    this.#subscription = inventory.onDidChange(({ host, changes }) => {
      for (const change of changes) {
        if (change.kind === 'domainRemoved') {
          this.#byVm.delete(keyOf({ host, uuid: change.domain.uuid }));
        }
      }
    });
  }

  get(host: string, uuid: string): VmActivity | undefined {
    const ofVm = this.#byVm.get(keyOf({ host, uuid }));
    const layer = layers.find((candidate) => ofVm?.has(candidate));
    return layer && ofVm?.get(layer);
  }

  /** Undefined leaves the layer without anything to say. */
  set(target: VmTarget, layer: Layer, activity: VmActivity | undefined): void {
    const key = keyOf(target);
    const ofVm = this.#byVm.get(key) ?? new Map<Layer, VmActivity>();
    if (activity) {
      ofVm.set(layer, activity);
      this.#byVm.set(key, ofVm);
    } else if (!ofVm.delete(layer)) {
      return;
    } else if (ofVm.size === 0) {
      this.#byVm.delete(key);
    }
    this.#changed.fire({ host: target.host, uuid: target.uuid });
  }

  /** Takes away what came of earlier actions; what is under way stays. */
  dismiss(target: VmTarget): void {
    this.set(target, 'result', undefined);
    if (this.#byVm.get(keyOf(target))?.get('wait')?.kind === 'problem') {
      this.set(target, 'wait', undefined);
    }
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

/** One VM of one host, as a key; a UUID has no slash in it. */
export function keyOf({ host, uuid }: VmTarget): string {
  return `${uuid}/${host}`;
}
