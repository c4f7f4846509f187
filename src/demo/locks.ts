import type { DemoTime } from './demoTime.ts';
import type { DemoVm } from './demoVm.ts';
import { operationFailed, stateChangeLocked } from './refusal.ts';

/** How long libvirt waits for a VM that another call holds. */
const lockWaitMs = 30_000;

/**
 * Holds a VM while `action` changes it. Who comes later waits.
 * @param holder libvirt's name of the call, which those are told who waited in vain
 */
export async function withLock<T>(
  time: DemoTime,
  vm: DemoVm,
  holder: string,
  action: () => Promise<T> | T,
): Promise<T> {
  const until = time.monotonic() + lockWaitMs;
  while (vm.lockedBy !== undefined) {
    const left = until - time.monotonic();
    if (left <= 0) {
      throw stateChangeLocked(vm.lockedBy);
    }
    await lockFreed(time, vm, left);
  }
  vm.lockedBy = holder;
  try {
    return await action();
  } finally {
    vm.lockedBy = undefined;
    for (const wake of vm.waitingForLock.splice(0)) {
      wake();
    }
  }
}

function lockFreed(time: DemoTime, vm: DemoVm, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = time.after(limitMs, resolve);
    vm.waitingForLock.push(() => {
      timer.dispose();
      resolve();
    });
  });
}

/**
 * Waits for a VM's QEMU to answer, as a call does that has to ask it.
 * @throws DemoRefusal if it was killed meanwhile
 */
export async function qemuAnswers(time: DemoTime, vm: DemoVm): Promise<void> {
  const { id } = vm;
  while (vm.faults.isStuck && vm.id === id && vm.isActive) {
    if (vm.hanging.size === 0) {
      vm.hangingSince = time.monotonic();
    }
    await new Promise<void>((resolve) => {
      const release = (): void => {
        vm.hanging.delete(release);
        resolve();
      };
      vm.hanging.add(release);
    });
  }
  if (vm.id !== id) {
    throw operationFailed('domain is no longer running');
  }
}
