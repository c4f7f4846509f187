import { TransportError } from '../libvirt/errors.ts';
import { procedures } from '../libvirt/protocol/table.ts';
import type { DemoTime } from './demoTime.ts';
import type { FaultPlan } from './faultPlan.ts';
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
  readonly #dropConnections: () => void;

  constructor(world: World, lifecycle: Lifecycle, dropConnections: () => void) {
    this.#world = world;
    this.#lifecycle = lifecycle;
    this.#time = world.time;
    this.#dropConnections = dropConnections;
  }

  /**
   * Lets go wrong what was planned, when it was.
   * @throws TransportError of kind `unsupported` for a VM or procedure that there is not
   */
  follow(plan: FaultPlan): void {
    const named = [...plan.stuck, ...plan.crashing].map(({ name }) => name);
    for (const name of [...named, ...plan.ignoring]) {
      if (!this.#world.byName(name)) {
        throw unknown(`no VM "${name}" with this number of VMs and this seed`);
      }
    }
    for (const { name, fromMs, untilMs } of plan.stuck) {
      this.#at(fromMs, () => this.setStuck(name, true));
      if (untilMs !== undefined) {
        this.#at(untilMs, () => this.setStuck(name, false));
      }
    }
    for (const { name, fromMs } of plan.crashing) {
      this.#at(fromMs, () => this.crash(name));
    }
    for (const name of plan.ignoring) {
      this.setIgnoresPowerButton(name, true);
    }
    for (const [name, delayMs] of plan.slow) {
      for (const procedure of proceduresCalled(name)) {
        this.slow(procedure, delayMs);
      }
    }
    for (const procedure of plan.refused.flatMap(proceduresCalled)) {
      this.refuse(procedure, 'refused on demand');
    }
    if (plan.dropEveryMs !== undefined) {
      this.#dropEvery(plan.dropEveryMs);
    }
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

  #at(delayMs: number, action: () => void): void {
    if (delayMs === 0) {
      action();
    } else {
      this.#time.after(delayMs, action);
    }
  }

  #dropEvery(intervalMs: number): void {
    this.#time.after(intervalMs, () => {
      this.#dropConnections();
      this.#dropEvery(intervalMs);
    });
  }
}

/** The procedures of that name, and those that came later with flags beside what they take. */
function proceduresCalled(wanted: string): readonly string[] {
  const meant = new Set([wanted, `${wanted}Flags`, `${wanted}WithFlags`]);
  const found = procedures.map(({ name }) => name).filter((name) => meant.has(name));
  if (found.length === 0) {
    throw unknown(`no procedure "${wanted}"; one is called domainCreate, for instance`);
  }
  return found;
}

function unknown(what: string): TransportError {
  return new TransportError('unsupported', `The demo host has ${what}.`);
}
