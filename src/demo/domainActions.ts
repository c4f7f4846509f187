import { domainLifecycle, jobType, metadataType, undefineFlag } from '../libvirt/constants.ts';
import * as domains from '../libvirt/protocol/domain.ts';
import * as others from '../libvirt/protocol/otherClients.ts';
import { typedParameterType, type WireDomain } from '../libvirt/protocol/types.ts';
import { defineDomain } from './defineDomain.ts';
import type { DemoVm } from './demoVm.ts';
import type { Lifecycle } from './lifecycle.ts';
import { amounts, parameter, type ManagedSave } from './managedSave.ts';
import { readMetadata, writeMetadata } from './metadata.ts';
import { invalidOperation, refusalDomain, xmlError } from './refusal.ts';
import type { Handlers } from './serving.ts';
import type { World } from './world.ts';
import { element, replaceChild } from './xmlTree.ts';

/** What is done to VMs. */
export function handleActions(
  handlers: Handlers,
  world: World,
  lifecycle: Lifecycle,
  managedSave: ManagedSave,
): void {
  handlers
    .on(others.domainCreate, async ({ dom }) => {
      await lifecycle.start(world.get(dom), 0);
    })
    .on(domains.domainCreateWithFlags, async ({ dom, flags }) => {
      const vm = world.get(dom);
      await lifecycle.start(vm, flags);
      return { dom: vm.wire };
    })
    .on(domains.domainSuspend, ({ dom }) => lifecycle.suspend(world.get(dom)))
    .on(domains.domainResume, ({ dom }) => lifecycle.resume(world.get(dom)))
    .on(others.domainShutdown, ({ dom }) => lifecycle.shutdown(world.get(dom)))
    .on(domains.domainShutdownFlags, ({ dom }) => lifecycle.shutdown(world.get(dom)))
    .on(domains.domainReboot, ({ dom }) => lifecycle.reboot(world.get(dom)))
    .on(domains.domainReset, ({ dom }) => lifecycle.reset(world.get(dom)))
    .on(domains.domainPmWakeup, ({ dom }) => lifecycle.wake(world.get(dom)))
    .on(others.domainDestroy, ({ dom }) => lifecycle.destroy(world.get(dom), 0))
    .on(domains.domainDestroyFlags, ({ dom, flags }) => lifecycle.destroy(world.get(dom), flags))
    .on(domains.domainManagedSave, ({ dom }) => managedSave.save(world.get(dom)))
    .on(domains.domainManagedSaveRemove, ({ dom }) => {
      world.get(dom).hasManagedSave = false;
    });
  handleDefinitions(handlers, world);
  handleJobs(handlers, world, lifecycle, managedSave);
}

function handleDefinitions(handlers: Handlers, world: World): void {
  handlers
    .on(others.domainDefineXml, ({ xml }) => ({ dom: defineDomain(world, xml).wire }))
    .on(domains.domainDefineXmlFlags, ({ xml }) => ({ dom: defineDomain(world, xml).wire }))
    .on(others.domainUndefine, ({ dom }) => {
      undefine(world, world.get(dom), 0);
    })
    .on(domains.domainUndefineFlags, ({ dom, flags }) => {
      undefine(world, world.get(dom), flags);
    })
    .on(domains.domainSetAutostart, ({ dom, autostart }) => {
      const vm = world.get(dom);
      if (!vm.persistent) {
        throw invalidOperation('cannot set autostart for transient domain', refusalDomain.qemu);
      }
      vm.autostart = autostart !== 0;
    })
    .on(domains.domainGetMetadata, ({ dom, type, uri, flags }) => ({
      metadata: readMetadata(world.get(dom), { type, uri, flags }),
    }))
    .on(domains.domainSetMetadata, ({ dom, ...change }) => {
      const vm = world.get(dom);
      writeMetadata(vm, change);
      world.events.metadata(
        vm.wire,
        change.type,
        change.type === metadataType.element ? change.uri : null,
      );
    })
    .on(domains.domainRename, ({ dom, newName }) => {
      rename(world, world.get(dom), newName ?? '');
      return { retcode: 0 };
    });
}

function undefine(world: World, vm: DemoVm, flags: number): void {
  if (!vm.persistent) {
    throw invalidOperation('cannot undefine transient domain', refusalDomain.qemu);
  }
  if (vm.hasManagedSave && (flags & undefineFlag.managedSave) === 0) {
    throw invalidOperation(
      'Refusing to undefine while domain managed save image exists',
      refusalDomain.qemu,
    );
  }
  vm.hasManagedSave = false;
  vm.autostart = false;
  vm.persistent = false;
  if (!vm.isActive) {
    world.remove(vm);
  }
  world.events.lifecycle(vm.wire, domainLifecycle.undefined, 0);
}

function rename(world: World, vm: DemoVm, name: string): void {
  if (vm.name === name) {
    throw invalidOperation("Can't rename domain to itself");
  }
  if (vm.isActive) {
    throw invalidOperation('cannot rename active domain', refusalDomain.qemu);
  }
  if (vm.hasManagedSave) {
    throw invalidOperation(
      "domain with a managed saved state can't be renamed",
      refusalDomain.qemu,
    );
  }
  if (/[/\n]/.test(name) || name === '') {
    throw xmlError(`name ${name} cannot contain '/'`);
  }
  if (world.byName(name)) {
    throw invalidOperation(`domain with name '${name}' already exists`);
  }
  const before: WireDomain = vm.wire;
  vm.annotate(replaceChild(vm.definition, 'name', element('name', {}, name), []));
  world.rename(vm, name);
  world.events.lifecycle(before, domainLifecycle.undefined, 1);
  world.events.lifecycle(vm.wire, domainLifecycle.defined, 2);
}

function handleJobs(
  handlers: Handlers,
  world: World,
  lifecycle: Lifecycle,
  managedSave: ManagedSave,
): void {
  handlers
    .on(domains.domainAbortJob, ({ dom }) => {
      managedSave.abort(world.get(dom));
    })
    .on(domains.domainGetJobInfo, ({ dom }) => {
      const vm = world.get(dom);
      lifecycle.requireRunning(vm);
      const { job } = vm;
      const total = BigInt(job?.totalBytes ?? 0);
      const processed = BigInt(
        Math.round((job?.totalBytes ?? 0) * (job ? managedSave.progress(job) : 0)),
      );
      return {
        type: job ? jobType.unbounded : jobType.none,
        timeElapsed: BigInt(job ? Math.round(world.time.monotonic() - job.startedAt) : 0),
        timeRemaining: 0n,
        dataTotal: total,
        dataProcessed: processed,
        dataRemaining: total - processed,
        memTotal: total,
        memProcessed: processed,
        memRemaining: total - processed,
        fileTotal: 0n,
        fileProcessed: 0n,
        fileRemaining: 0n,
      };
    })
    .on(domains.domainGetJobStats, ({ dom }) => {
      const vm = world.get(dom);
      lifecycle.requireRunning(vm);
      const { job } = vm;
      if (!job) {
        return { type: jobType.none, params: [] };
      }
      const progress = managedSave.progress(job);
      return {
        type: jobType.unbounded,
        params: [
          parameter('operation', job.operation, typedParameterType.int),
          parameter('time_elapsed', Math.round(world.time.monotonic() - job.startedAt)),
          ...amounts('data', job.totalBytes, progress),
          ...amounts('memory', job.totalBytes, progress),
        ],
      };
    });
}
