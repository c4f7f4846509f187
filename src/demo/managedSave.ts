import { domainEventId } from '../libvirt/constants.ts';
import { errorCode } from '../libvirt/errors.ts';
import {
  domainJobCompletedEvent,
  domainMigrationIterationEvent,
} from '../libvirt/protocol/events.ts';
import { typedParameterType, type TypedParameter } from '../libvirt/protocol/types.ts';
import type { DemoJob, DemoVm } from './demoVm.ts';
import type { Lifecycle } from './lifecycle.ts';
import { qemuAnswers, withLock } from './locks.ts';
import { DemoRefusal, invalidOperation, operationFailed, refusalDomain } from './refusal.ts';
import type { World } from './world.ts';

/** `VIR_DOMAIN_JOB_OPERATION_SAVE`. */
const saveOperation = 2;
const shutoffSaved = 5;
const stoppedSaved = 4;
/** How fast the simulated disk takes a VM's memory. */
const bytesPerMs = 1_500_000;

/** Saves VMs to disk, with progress to be looked at and the possibility to break it off. */
export class ManagedSave {
  readonly #world: World;
  readonly #lifecycle: Lifecycle;

  constructor(world: World, lifecycle: Lifecycle) {
    this.#world = world;
    this.#lifecycle = lifecycle;
  }

  async save(vm: DemoVm): Promise<void> {
    this.#lifecycle.requireRunning(vm);
    await withLock(this.#world.time, vm, 'remoteDispatchDomainManagedSave', async () => {
      this.#lifecycle.requireRunning(vm);
      if (!vm.persistent) {
        throw invalidOperation('cannot do managed save for transient domain', refusalDomain.qemu);
      }
      await qemuAnswers(this.#world.time, vm);
      const { id } = vm;
      const wasPaused = vm.state === 'paused';
      const undo = this.#lifecycle.holdForSave(vm);
      const outcome = await this.#run(vm);
      if (vm.id !== id) {
        throw operationFailed('domain is no longer running');
      }
      const { job } = vm;
      vm.job = undefined;
      if (outcome === 'aborted' || !job) {
        undo();
        throw new DemoRefusal(
          errorCode.operationAborted,
          refusalDomain.qemu,
          'operation aborted: %s',
          'domain save job: canceled by client',
        );
      }
      vm.hasManagedSave = true;
      vm.wasSavedPaused = wasPaused;
      this.#completed(vm, job);
      this.#lifecycle.end(vm, shutoffSaved, stoppedSaved);
    });
  }

  abort(vm: DemoVm): void {
    this.#lifecycle.requireRunning(vm);
    if (!vm.job) {
      throw invalidOperation('no job is active on the domain', refusalDomain.qemu);
    }
    vm.job.abort();
  }

  /** How far a job is, from 0 to 1. */
  progress(job: DemoJob): number {
    return Math.min(1, (this.#world.time.monotonic() - job.startedAt) / job.durationMs);
  }

  #run(vm: DemoVm): Promise<'done' | 'aborted'> {
    const { time } = this.#world;
    // What a guest never touched is not written
    const totalBytes = Math.round(vm.liveHardware.memoryKiB * 1_024 * 0.6);
    const durationMs = Math.round(Math.min(30_000, 300 + totalBytes / bytesPerMs));
    return new Promise((resolve) => {
      const abort = (): void => {
        vm.ending.delete(abort);
        timer.dispose();
        resolve('aborted');
      };
      const timer = time.after(durationMs, () => {
        vm.ending.delete(abort);
        resolve('done');
      });
      vm.ending.add(abort);
      vm.job = {
        operation: saveOperation,
        startedAt: time.monotonic(),
        durationMs,
        totalBytes,
        abort,
      };
      this.#iterates(vm, 1);
    });
  }

  #iterates(vm: DemoVm, iteration: number): void {
    const { events } = this.#world;
    const dom = vm.wire;
    events.emit(
      'domain',
      domainEventId.migrationIteration,
      vm.uuid,
      domainMigrationIterationEvent,
      (callbackID) => ({ callbackID, dom, iteration }),
    );
  }

  #completed(vm: DemoVm, job: DemoJob): void {
    this.#iterates(vm, 2);
    const dom = vm.wire;
    const params = [
      parameter('operation', job.operation, typedParameterType.int),
      parameter('time_elapsed', job.durationMs),
      ...amounts('data', job.totalBytes, 1),
      ...amounts('memory', job.totalBytes, 1),
    ];
    this.#world.events.emit(
      'domain',
      domainEventId.jobCompleted,
      vm.uuid,
      domainJobCompletedEvent,
      (callbackID) => ({ callbackID, dom, params }),
    );
  }
}

export function parameter(
  field: string,
  value: number,
  type: number = typedParameterType.ullong,
): TypedParameter {
  return { field, type, value };
}

/** `data_total`, `data_processed` and `data_remaining` in bytes. */
export function amounts(
  what: string,
  totalBytes: number,
  progress: number,
): readonly TypedParameter[] {
  const processed = Math.round(totalBytes * progress);
  return [
    parameter(`${what}_total`, totalBytes),
    parameter(`${what}_processed`, processed),
    parameter(`${what}_remaining`, totalBytes - processed),
  ];
}
