import { domainLifecycle } from '../libvirt/constants.ts';
import type { DemoVm } from './demoVm.ts';
import { createRandom } from './random.ts';
import type { World } from './world.ts';

/** How often a portion of the changes is made. */
const portionMs = 50;

/** Lets VMs pause and go on by themselves, as many as wanted: a busy host for tests of scale. */
export class Churn {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Begins, and ends with the world. */
  start(eventsPerSecond: number): void {
    const random = createRandom(this.#world.seed, 0xc482);
    const running = [...this.#world.vms].filter((vm) => vm.isActive);
    let owed = 0;
    const portion = (): void => {
      owed += (eventsPerSecond * portionMs) / 1_000;
      for (; owed >= 1; owed--) {
        const vm = running[random.below(running.length)];
        if (vm?.isActive && vm.lockedBy === undefined) {
          this.#toggle(vm);
        }
      }
      this.#world.time.after(portionMs, portion);
    };
    portion();
  }

  #toggle(vm: DemoVm): void {
    const { time, events } = this.#world;
    const { suspended, resumed } = domainLifecycle;
    if (vm.state === 'running') {
      vm.holdAt(time.monotonic());
      vm.state = 'paused';
      vm.reason = 1;
      vm.pausedAtMs = time.now();
      events.lifecycle(vm.wire, suspended, 0);
    } else if (vm.state === 'paused') {
      vm.runFrom(time.monotonic());
      vm.state = 'running';
      vm.reason = 5;
      vm.pausedAtMs = undefined;
      events.lifecycle(vm.wire, resumed, 0);
    }
  }
}
