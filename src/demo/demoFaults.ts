import type { DemoTime } from './demoTime.ts';
import type { Lifecycle } from './lifecycle.ts';
import { operationFailed } from './refusal.ts';
import type { World } from './world.ts';

/** Failures on demand, each as a real host has them. */
export class DemoFaults {
  readonly #world: World;
  readonly #lifecycle: Lifecycle;
  readonly #time: DemoTime;
  readonly #slow = new Map<string, number>();
  readonly #refused = new Map<string, string>();

  constructor(world: World, lifecycle: Lifecycle) {
    this.#world = world;
    this.#lifecycle = lifecycle;
    this.#time = world.time;
  }

  /** From now on a VM's QEMU answers nothing, or answers again. @returns whether there is such a VM */
  setStuck(name: string, isStuck: boolean): boolean {
    const vm = this.#world.byName(name);
    if (!vm) {
      return false;
    }
    vm.faults.isStuck = isStuck;
    if (!isStuck) {
      for (const release of [...vm.hanging]) {
        release();
      }
    }
    return true;
  }

  /** From now on a guest does nothing when asked to shut down. @returns whether there is such a VM */
  setIgnoresPowerButton(name: string, ignores: boolean): boolean {
    const vm = this.#world.byName(name);
    if (vm) {
      vm.faults.ignoresPowerButton = ignores;
    }
    return vm !== undefined;
  }

  /** A VM's QEMU dies now. @returns whether there is such a VM */
  crash(name: string): boolean {
    const vm = this.#world.byName(name);
    if (vm) {
      this.#lifecycle.crash(vm);
    }
    return vm !== undefined;
  }

  /** Calls of a procedure, by its name in the table, take so much longer. */
  slow(procedure: string, delayMs: number): void {
    this.#slow.set(procedure, delayMs);
  }

  /** Calls of a procedure are refused with this text. */
  refuse(procedure: string, text: string): void {
    this.#refused.set(procedure, text);
  }

  /** For the daemon: applies what was demanded to a call. */
  async before(procedure: string): Promise<void> {
    const delayMs = this.#slow.get(procedure);
    if (delayMs !== undefined) {
      await this.#time.sleep(delayMs);
    }
    const text = this.#refused.get(procedure);
    if (text !== undefined) {
      throw operationFailed(text);
    }
  }
}
