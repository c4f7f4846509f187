import { domainXmlFlag, controlState } from '../libvirt/constants.ts';
import * as domains from '../libvirt/protocol/domain.ts';
import * as others from '../libvirt/protocol/otherClients.ts';
import { formatUuid } from '../model/uuid.ts';
import { typedParameterType } from '../libvirt/protocol/types.ts';
import type { DemoVm } from './demoVm.ts';
import { liveTree } from './domainXml.ts';
import { allocatedBytes, Figures } from './figures.ts';
import type { Lifecycle } from './lifecycle.ts';
import { qemuAnswers } from './locks.ts';
import { parameter } from './managedSave.ts';
import { invalidArgument, invalidOperation, noDomain, refusalDomain } from './refusal.ts';
import type { Handlers } from './serving.ts';
import type { World } from './world.ts';
import { formatTree } from './xmlTree.ts';

/** `VIR_DOMAIN_VCPU_MAXIMUM`. */
const vcpuMaximum = 1 << 2;

/** What there is to know about a VM. */
export function handleDomains(handlers: Handlers, world: World, lifecycle: Lifecycle): void {
  handlers
    .on(domains.domainLookupByName, ({ name }) => {
      const vm = world.byName(name);
      if (!vm) {
        throw noDomain(`no domain with matching name '${name}'`);
      }
      return { dom: vm.wire };
    })
    .on(domains.domainLookupByUuid, ({ uuid }) => {
      const vm = world.byUuid(uuid);
      if (!vm) {
        throw noDomain(`no domain with matching uuid '${formatUuid(uuid)}'`);
      }
      return { dom: vm.wire };
    })
    .on(others.domainLookupById, ({ id }) => {
      const vm = world.byId(id);
      if (!vm) {
        throw noDomain(`no domain with matching id ${id}`);
      }
      return { dom: vm.wire };
    })
    .on(domains.domainGetXmlDesc, ({ dom, flags }) => ({ xml: xmlOf(world.get(dom), flags) }))
    .on(domains.domainGetAutostart, ({ dom }) => ({
      autostart: world.get(dom).autostart ? 1 : 0,
    }))
    .on(domains.domainGetInfo, ({ dom }) => {
      const vm = world.get(dom);
      const { maxMemoryKiB, memoryKiB, vcpus } = vm.liveHardware;
      return {
        state: vm.stateNumber,
        maxMem: BigInt(maxMemoryKiB),
        memory: BigInt(memoryKiB),
        nrVirtCpu: vcpus,
        cpuTime: vm.isActive ? BigInt(new Figures(vm, world.time).cpu.timeNs) : 0n,
      };
    })
    .on(domains.domainGetState, ({ dom }) => {
      const vm = world.get(dom);
      return { state: vm.stateNumber, reason: vm.reason };
    })
    .on(domains.domainGetControlInfo, ({ dom }) => {
      const vm = world.get(dom);
      lifecycle.requireRunning(vm);
      if (vm.hanging.size > 0) {
        const stateTime = Math.round(world.time.monotonic() - vm.hangingSince);
        return { state: controlState.occupied, details: 0, stateTime: BigInt(stateTime) };
      }
      return { state: controlState.ok, details: 0, stateTime: 0n };
    })
    .on(domains.domainIsPersistent, ({ dom }) => ({
      persistent: world.get(dom).persistent ? 1 : 0,
    }))
    .on(others.domainIsActive, ({ dom }) => ({ active: world.get(dom).isActive ? 1 : 0 }))
    .on(domains.domainHasManagedSaveImage, ({ dom }) => ({
      result: world.get(dom).hasManagedSave ? 1 : 0,
    }))
    .on(domains.domainListAllSnapshots, ({ dom }) => {
      world.get(dom);
      return { snapshots: [], ret: 0 };
    })
    .on(others.domainSnapshotNum, ({ dom }) => {
      world.get(dom);
      return { num: 0 };
    })
    .on(others.domainGetOsType, ({ dom }) => {
      world.get(dom);
      return { type: 'hvm' };
    })
    .on(others.domainGetMessages, ({ dom }) => {
      world.get(dom);
      return { msgs: [] };
    })
    .on(others.domainGetSecurityLabel, ({ dom }) => {
      world.get(dom);
      return { label: [0], enforcing: 0 };
    });
  handleVcpus(handlers, world);
  handleCounters(handlers, world, lifecycle);
}

function handleVcpus(handlers: Handlers, world: World): void {
  handlers
    .on(others.domainGetMaxVcpus, ({ dom }) => ({ num: world.get(dom).liveHardware.maxVcpus }))
    .on(others.domainGetVcpusFlags, ({ dom, flags }) => {
      const { vcpus, maxVcpus } = world.get(dom).liveHardware;
      return { num: (flags & vcpuMaximum) === 0 ? vcpus : maxVcpus };
    })
    .on(others.domainGetVcpus, ({ dom, maxinfo, maplen }) => {
      const vm = world.get(dom);
      if (!vm.isActive) {
        throw invalidOperation(
          'cannot retrieve vcpu information for inactive domain',
          refusalDomain.qemu,
        );
      }
      const figures = new Figures(vm, world.time);
      const count = Math.min(maxinfo, vm.liveHardware.vcpus);
      return {
        info: Array.from({ length: count }, (_, number) => ({
          number,
          state: 1,
          cpuTime: BigInt(figures.vcpuNs(number)),
          cpu: (vm.id + number) % 64,
        })),
        cpumaps: new Uint8Array(count * Math.max(0, maplen)).fill(0xff),
      };
    });
}

/** Figures one by one, as older clients ask for them. */
function handleCounters(handlers: Handlers, world: World, lifecycle: Lifecycle): void {
  const answering = async (vm: DemoVm): Promise<Figures> => {
    lifecycle.requireRunning(vm);
    await qemuAnswers(world.time, vm);
    return new Figures(vm, world.time);
  };
  const diskIndex = (vm: DemoVm, path: string): number => {
    const index = vm.liveHardware.disks.findIndex(
      (disk) => disk.target === path || disk.path === path,
    );
    if (index < 0) {
      throw invalidArgument(`invalid path: ${path}`, refusalDomain.qemu);
    }
    return index;
  };
  handlers
    .on(others.domainMemoryStats, async ({ dom, maxStats }) => {
      const vm = world.get(dom);
      const figures = await answering(vm);
      return { stats: memoryStats(vm, figures).slice(0, maxStats) };
    })
    .on(others.domainBlockStats, async ({ dom, path }) => {
      const vm = world.get(dom);
      const figures = (await answering(vm)).disk(diskIndex(vm, path));
      return {
        rdReq: BigInt(figures.readRequests),
        rdBytes: BigInt(figures.readBytes),
        wrReq: BigInt(figures.writeRequests),
        wrBytes: BigInt(figures.writeBytes),
        errs: -1n,
      };
    })
    .on(others.domainBlockStatsFlags, async ({ dom, path, nparams }) => {
      const vm = world.get(dom);
      const figures = (await answering(vm)).disk(diskIndex(vm, path));
      const params = [
        parameter('wr_bytes', figures.writeBytes, typedParameterType.llong),
        parameter('wr_operations', figures.writeRequests, typedParameterType.llong),
        parameter('rd_bytes', figures.readBytes, typedParameterType.llong),
        parameter('rd_operations', figures.readRequests, typedParameterType.llong),
        parameter('flush_operations', figures.flushRequests, typedParameterType.llong),
        parameter('wr_total_times', figures.writeTimeNs, typedParameterType.llong),
        parameter('rd_total_times', figures.readTimeNs, typedParameterType.llong),
        parameter('flush_total_times', figures.flushTimeNs, typedParameterType.llong),
      ];
      return nparams === 0
        ? { params: [], nparams: params.length }
        : { params: params.slice(0, nparams), nparams: 0 };
    })
    .on(others.domainInterfaceStats, async ({ dom, device }) => {
      const vm = world.get(dom);
      const figures = await answering(vm);
      const index = vm.liveHardware.interfaces.findIndex(
        (each, at) => each.mac === device || figures.interface(at).name === device,
      );
      if (index < 0) {
        throw invalidArgument(`'${device}' is not a known interface`, refusalDomain.domain);
      }
      const nic = figures.interface(index);
      return {
        rxBytes: BigInt(nic.rxBytes),
        rxPackets: BigInt(nic.rxPackets),
        rxErrs: 0n,
        rxDrop: BigInt(nic.rxDrops),
        txBytes: BigInt(nic.txBytes),
        txPackets: BigInt(nic.txPackets),
        txErrs: 0n,
        txDrop: 0n,
      };
    })
    .on(others.domainGetBlockInfo, ({ dom, path }) => {
      const vm = world.get(dom);
      const index = diskIndex(vm, path);
      const allocation = BigInt(allocatedBytes(vm, index));
      const capacity = BigInt(vm.liveHardware.disks[index]?.capacityBytes ?? 0);
      return { allocation, capacity, physical: allocation };
    });
}

/** `virDomainMemoryStatTags` */
function memoryStats(vm: DemoVm, figures: Figures): readonly { tag: number; val: bigint }[] {
  const { memory } = figures;
  const stats: (readonly [number, number])[] = memory
    ? [
        [0, memory.swapIn],
        [1, memory.swapOut],
        [2, memory.majorFaults],
        [3, memory.minorFaults],
        [4, memory.unused],
        [5, memory.available],
        [8, memory.usable],
        [9, memory.lastUpdate],
        [10, memory.diskCaches],
      ]
    : [];
  return [[6, vm.liveHardware.memoryKiB] as const, ...stats, [7, figures.residentKiB] as const].map(
    ([tag, value]) => ({ tag, val: BigInt(value) }),
  );
}

function xmlOf(vm: DemoVm, flags: number): string {
  if (!vm.isActive || ((flags & domainXmlFlag.inactive) !== 0 && vm.persistent)) {
    return formatTree(vm.definition);
  }
  if ((flags & domainXmlFlag.inactive) !== 0) {
    return formatTree(vm.liveDefinition);
  }
  return formatTree(
    liveTree(vm.liveDefinition, {
      id: vm.id,
      agentConnected: vm.isUp,
      interfaceTargets: vm.liveHardware.interfaces.map((_, at) => `vnet${vm.firstTap + at}`),
    }),
  );
}
