import { domainLifecycle } from '../libvirt/constants.ts';
import type { DemoVm } from './demoVm.ts';
import { qemuAnswers, withLock } from './locks.ts';
import { createRandom } from './random.ts';
import { internalError, invalidOperation, refusalDomain } from './refusal.ts';
import type { World } from './world.ts';

/** Reasons of states, by libvirt's number. */
const running = { booted: 1, restored: 3, unpaused: 5, saveCanceled: 7, wakeup: 8 } as const;
const paused = { user: 1, startingUp: 11 } as const;
const shutoff = { shutdown: 1, destroyed: 2, crashed: 3 } as const;
/** `virDomainEventShutdownDetailType`: who wanted it. */
const shutdownBy = { guest: 1, host: 2 } as const;
/** `virDomainCreateFlags` and `virDomainDestroyFlags`. */
const startPaused = 1;
const startForceBoot = 8;
const destroyGraceful = 1;
/** How long libvirt gives a QEMU that does not end when told to. */
const killAfterMs = 5_000;

/** How VMs come to run and end: what libvirt does at once, what takes its time, and what it tells. */
export class Lifecycle {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async start(vm: DemoVm, flags: number): Promise<void> {
    const { time, events } = this.#world;
    await withLock(time, vm, 'remoteDispatchDomainCreate', async () => {
      if (vm.isActive) {
        throw invalidOperation('domain is already running', refusalDomain.qemu);
      }
      this.#requireNetworks(vm);
      const isRestored = vm.hasManagedSave && (flags & startForceBoot) === 0;
      const isPaused = (flags & startPaused) !== 0 || (isRestored && vm.wasSavedPaused);
      const id = this.#world.nextId();
      vm.powerOn(id);
      this.#world.connectInterfaces(vm);
      this.#setState(vm, 'paused', paused.startingUp);
      this.#agentChanged(vm, false, 1);
      await time.sleep(this.#delay(vm, 200, 500) + (isRestored ? 400 : 0));
      if (vm.id !== id) {
        throw internalError('process exited while connecting to monitor');
      }
      vm.hasManagedSave = false;
      if (!isPaused) {
        this.#run(vm, isRestored ? running.restored : running.booted);
      }
      const { started, resumed, suspended } = domainLifecycle;
      // A new guest runs before libvirt calls it started; a restored one after
      if (isPaused) {
        this.#setState(vm, 'paused', paused.user);
        events.lifecycle(vm.wire, started, isRestored ? 2 : 0);
        events.lifecycle(vm.wire, suspended, isRestored ? 3 : 0);
      } else if (isRestored) {
        events.lifecycle(vm.wire, started, 2);
        events.lifecycle(vm.wire, resumed, 2);
      } else {
        events.lifecycle(vm.wire, resumed, 0);
        events.lifecycle(vm.wire, started, 0);
      }
      vm.bootedAt = time.now();
      this.#bootLater(vm, isRestored ? 800 : undefined);
    });
  }

  async suspend(vm: DemoVm): Promise<void> {
    await this.#asking(vm, 'remoteDispatchDomainSuspend', () => {
      this.#requireAwake(vm);
      if (vm.state !== 'paused') {
        this.#hold(vm, paused.user);
        this.#world.events.lifecycle(vm.wire, domainLifecycle.suspended, 0);
      }
    });
  }

  async resume(vm: DemoVm): Promise<void> {
    await this.#asking(vm, 'remoteDispatchDomainResume', () => {
      this.#requireAwake(vm);
      if (vm.state === 'running') {
        throw invalidOperation('domain is already running', refusalDomain.qemu);
      }
      this.#run(vm, running.unpaused);
      this.#world.events.lifecycle(vm.wire, domainLifecycle.resumed, 0);
    });
  }

  /** Presses the power button: returns at once, and the guest takes its time or does nothing. */
  async shutdown(vm: DemoVm): Promise<void> {
    this.#requireActive(vm, refusalDomain.qemu);
    await this.#asking(vm, 'remoteDispatchDomainShutdown', () => {
      if (!vm.faults.ignoresPowerButton && vm.isUp) {
        this.#laterWhileRunning(vm, this.#delay(vm, 1_500, 6_000), () => {
          this.#guestEnds(vm);
        });
      }
    });
  }

  /** Asks the guest to boot again. */
  async reboot(vm: DemoVm): Promise<void> {
    await this.#asking(vm, 'remoteDispatchDomainReboot', () => {
      if (!vm.faults.ignoresPowerButton && vm.isUp) {
        this.#laterWhileRunning(vm, this.#delay(vm, 800, 3_000), () => {
          this.#bootAgain(vm);
        });
      }
    });
  }

  async reset(vm: DemoVm): Promise<void> {
    await this.#asking(vm, 'remoteDispatchDomainReset', () => {
      this.#bootAgain(vm);
    });
  }

  async wake(vm: DemoVm): Promise<void> {
    await this.#asking(vm, 'remoteDispatchDomainPMWakeup', () => {
      if (vm.state !== 'pmsuspended') {
        throw internalError(
          "unable to execute QEMU command 'system_wakeup': Unable to wake up: guest is not in suspended state",
        );
      }
      this.#run(vm, running.wakeup);
      this.#world.events.lifecycle(vm.wire, domainLifecycle.started, 4);
    });
  }

  /** Ends its QEMU, whatever else goes on. */
  async destroy(vm: DemoVm, flags: number): Promise<void> {
    const { time, events } = this.#world;
    this.#requireActive(vm);
    const { id } = vm;
    if (vm.faults.isStuck) {
      await time.sleep(killAfterMs);
      if ((flags & destroyGraceful) !== 0 && vm.id === id) {
        throw internalError('Failed to terminate process: Device or resource busy');
      }
    } else {
      await time.sleep(this.#delay(vm, 80, 350));
    }
    if (vm.id !== id) {
      throw invalidOperation('domain is not running');
    }
    if (!vm.faults.isStuck) {
      events.lifecycle(vm.wire, domainLifecycle.shutdown, shutdownBy.host);
    }
    this.end(vm, shutoff.destroyed, 1);
  }

  /** Its QEMU dies by itself. */
  crash(vm: DemoVm): void {
    if (vm.isActive) {
      this.end(vm, shutoff.crashed, 5);
    }
  }

  /** There is no QEMU any more. @param detail of the event that says so */
  end(vm: DemoVm, reason: number, detail: number): void {
    vm.powerOff();
    this.#setState(vm, 'shutoff', reason);
    this.#world.events.lifecycle(vm.wire, domainLifecycle.stopped, detail);
    if (!vm.persistent) {
      this.#world.remove(vm);
    }
  }

  /** Lets the guest itself end, as when somebody types `poweroff`. */
  guestPowersOff(vm: DemoVm): void {
    this.#laterWhileRunning(vm, 900, () => {
      this.#guestEnds(vm);
    });
  }

  guestReboots(vm: DemoVm): void {
    this.#laterWhileRunning(vm, 700, () => {
      this.#bootAgain(vm);
    });
  }

  /** Pauses it for a save. @returns what undoes that */
  holdForSave(vm: DemoVm): () => void {
    const wasRunning = vm.state === 'running';
    if (!wasRunning) {
      return () => undefined;
    }
    this.#hold(vm, 3);
    this.#world.events.lifecycle(vm.wire, domainLifecycle.suspended, 0);
    return () => {
      this.#run(vm, running.saveCanceled);
      this.#world.events.lifecycle(vm.wire, domainLifecycle.resumed, 0);
    };
  }

  requireRunning(vm: DemoVm): void {
    this.#requireActive(vm);
  }

  #requireActive(vm: DemoVm, part: number = refusalDomain.domain): void {
    if (!vm.isActive) {
      throw invalidOperation('domain is not running', part);
    }
  }

  #requireAwake(vm: DemoVm): void {
    if (vm.state === 'pmsuspended') {
      throw invalidOperation('domain is pmsuspended', refusalDomain.qemu);
    }
  }

  #requireNetworks(vm: DemoVm): void {
    for (const { network } of vm.hardware.interfaces) {
      const found = this.#world.networks.find(({ name }) => name === network);
      if (found && !found.active) {
        throw invalidOperation(`network '${network}' is not active`, refusalDomain.network);
      }
    }
  }

  /** For what QEMU itself has to do. */
  async #asking(vm: DemoVm, holder: string, action: () => void): Promise<void> {
    this.#requireActive(vm);
    const { time } = this.#world;
    await withLock(time, vm, holder, async () => {
      this.#requireActive(vm);
      await qemuAnswers(time, vm);
      await time.sleep(this.#delay(vm, 4, 20));
      this.#requireActive(vm);
      action();
    });
  }

  #guestEnds(vm: DemoVm): void {
    const { events, time } = this.#world;
    this.#agentChanged(vm, false, 2);
    vm.holdAt(time.monotonic());
    this.#setState(vm, 'shutdown', 0);
    events.lifecycle(vm.wire, domainLifecycle.shutdown, shutdownBy.guest);
    this.#later(vm, 120, () => {
      this.end(vm, shutoff.shutdown, 0);
    });
  }

  #bootAgain(vm: DemoVm): void {
    this.#agentChanged(vm, false, 2);
    vm.isUp = false;
    vm.bootedAt = this.#world.time.now();
    this.#world.events.reboot(vm.wire);
    this.#bootLater(vm);
  }

  #bootLater(vm: DemoVm, delayMs = this.#delay(vm, 4_000, 11_000)): void {
    this.#laterWhileRunning(vm, delayMs, () => {
      vm.isUp = true;
      this.#agentChanged(vm, true, 2);
    });
  }

  #agentChanged(vm: DemoVm, isConnected: boolean, reason: number): void {
    if (vm.liveHardware.hasAgent && (reason === 1 || vm.isUp)) {
      this.#world.events.agent(vm.wire, isConnected ? 1 : 2, reason);
    }
  }

  /** Does something later, unless the VM has another run by then. What was to happen before that does not. */
  #later(vm: DemoVm, delayMs: number, action: () => void): void {
    vm.pending?.dispose();
    vm.pending = this.#world.time.after(delayMs, () => {
      vm.pending = undefined;
      action();
    });
  }

  /** A guest does nothing while it is paused: then it does it later. */
  #laterWhileRunning(vm: DemoVm, delayMs: number, action: () => void): void {
    this.#later(vm, delayMs, () => {
      if (vm.state === 'running' && !vm.faults.isStuck) {
        action();
      } else if (vm.isActive) {
        this.#laterWhileRunning(vm, 1_000, action);
      }
    });
  }

  #run(vm: DemoVm, reason: number): void {
    vm.runFrom(this.#world.time.monotonic());
    this.#setState(vm, 'running', reason);
  }

  #hold(vm: DemoVm, reason: number): void {
    vm.holdAt(this.#world.time.monotonic());
    this.#setState(vm, 'paused', reason);
  }

  #setState(vm: DemoVm, state: DemoVm['state'], reason: number): void {
    vm.state = state;
    vm.pausedAtMs = state === 'paused' ? this.#world.time.now() : undefined;
    vm.reason = reason;
  }

  /** Another each time, but the same in every run. */
  #delay(vm: DemoVm, fromMs: number, toMs: number): number {
    const random = createRandom(vm.salt, vm.id, fromMs);
    return Math.round(fromMs + random.next() * (toMs - fromMs));
  }
}
