import { statsGroup } from '../libvirt/constants.ts';
import { maxStringBytes, typedParameterType } from '../libvirt/protocol/types.ts';
import { XdrWriter } from '../libvirt/xdr/writer.ts';
import type { DemoTime } from './demoTime.ts';
import type { DemoVm } from './demoVm.ts';
import { allocatedBytes, Figures } from './figures.ts';

/**
 * Writes the reply to `connectGetAllDomainStats` for these VMs, in the order and with the types QEMU's driver
 * has. It is written straight into the message: ten thousand VMs have half a million parameters.
 */
export function writeDomainStats(
  writer: XdrWriter,
  vms: readonly DemoVm[],
  groups: number,
  time: DemoTime,
): void {
  writer.uint(vms.length);
  for (const vm of vms) {
    writer.string(vm.name, maxStringBytes);
    writer.fixedOpaque(vm.uuid, 16);
    writer.int(vm.id);
    // The count comes first: the parameters go into a writer of their own
    const own = new ParameterWriter();
    writeParameters(own, vm, groups, time);
    writer.uint(own.count);
    const bytes = own.bytes();
    writer.fixedOpaque(bytes, bytes.length);
  }
}

function writeParameters(to: ParameterWriter, vm: DemoVm, groups: number, time: DemoTime): void {
  const wants = (group: number): boolean => (groups & group) !== 0;
  if (wants(statsGroup.state)) {
    to.int('state.state', vm.stateNumber);
    to.int('state.reason', vm.reason);
  }
  if ((groups & ~statsGroup.state) === 0) {
    return;
  }
  const figures = new Figures(vm, time);
  if (wants(statsGroup.cpuTotal) && vm.isActive) {
    writeCpu(to, figures);
  }
  if (wants(statsGroup.balloon)) {
    writeBalloon(to, vm, figures);
  }
  if (wants(statsGroup.vcpu)) {
    writeVcpus(to, vm, figures);
  }
  if (wants(statsGroup.interface) && vm.isActive) {
    writeInterfaces(to, vm, figures);
  }
  if (wants(statsGroup.block)) {
    writeDisks(to, vm, figures);
  }
}

function writeCpu(to: ParameterWriter, figures: Figures): void {
  const { timeNs, userNs, systemNs } = figures.cpu;
  to.ullong('cpu.time', timeNs);
  to.ullong('cpu.user', userNs);
  to.ullong('cpu.system', systemNs);
  to.uint('cpu.cache.monitor.count', 0);
  to.ullong('cpu.haltpoll.success.time', 0);
  to.ullong('cpu.haltpoll.fail.time', 0);
}

function writeBalloon(to: ParameterWriter, vm: DemoVm, figures: Figures): void {
  const { memoryKiB, maxMemoryKiB } = vm.liveHardware;
  to.ullong('balloon.current', memoryKiB);
  to.ullong('balloon.maximum', maxMemoryKiB);
  if (!vm.isActive) {
    return;
  }
  const { memory } = figures;
  if (memory) {
    to.ullong('balloon.swap_in', memory.swapIn);
    to.ullong('balloon.swap_out', memory.swapOut);
    to.ullong('balloon.major_fault', memory.majorFaults);
    to.ullong('balloon.minor_fault', memory.minorFaults);
    to.ullong('balloon.unused', memory.unused);
    to.ullong('balloon.available', memory.available);
    to.ullong('balloon.usable', memory.usable);
  }
  to.ullong('balloon.last-update', memory?.lastUpdate ?? 0);
  if (memory) {
    to.ullong('balloon.disk_caches', memory.diskCaches);
    to.ullong('balloon.hugetlb_pgalloc', 0);
    to.ullong('balloon.hugetlb_pgfail', 0);
  }
  to.ullong('balloon.rss', figures.residentKiB);
}

function writeVcpus(to: ParameterWriter, vm: DemoVm, figures: Figures): void {
  const { vcpus, maxVcpus } = vm.liveHardware;
  to.uint('vcpu.current', vcpus);
  to.uint('vcpu.maximum', maxVcpus);
  for (let index = 0; vm.isActive && index < vcpus; index++) {
    to.int(`vcpu.${index}.state`, 1);
    to.ullong(`vcpu.${index}.time`, figures.vcpuNs(index));
    to.ullong(`vcpu.${index}.wait`, 0);
    to.ullong(`vcpu.${index}.delay`, Math.floor(figures.vcpuNs(index) / 200));
  }
}

function writeInterfaces(to: ParameterWriter, vm: DemoVm, figures: Figures): void {
  const { interfaces } = vm.liveHardware;
  to.uint('net.count', interfaces.length);
  for (let index = 0; index < interfaces.length; index++) {
    const nic = figures.interface(index);
    to.string(`net.${index}.name`, nic.name);
    to.ullong(`net.${index}.rx.bytes`, nic.rxBytes);
    to.ullong(`net.${index}.rx.pkts`, nic.rxPackets);
    to.ullong(`net.${index}.rx.errs`, 0);
    to.ullong(`net.${index}.rx.drop`, nic.rxDrops);
    to.ullong(`net.${index}.tx.bytes`, nic.txBytes);
    to.ullong(`net.${index}.tx.pkts`, nic.txPackets);
    to.ullong(`net.${index}.tx.errs`, 0);
    to.ullong(`net.${index}.tx.drop`, 0);
  }
}

function writeDisks(to: ParameterWriter, vm: DemoVm, figures: Figures): void {
  const { disks } = vm.liveHardware;
  to.uint('block.count', disks.length);
  for (const [index, disk] of disks.entries()) {
    to.string(`block.${index}.name`, disk.target);
    if (disk.path === undefined) {
      continue; // a drive without a medium has nothing to tell
    }
    to.string(`block.${index}.path`, disk.path);
    if (vm.isActive) {
      to.uint(`block.${index}.backingIndex`, index + 1);
      const counters = figures.disk(index);
      to.ullong(`block.${index}.rd.reqs`, counters.readRequests);
      to.ullong(`block.${index}.rd.bytes`, counters.readBytes);
      to.ullong(`block.${index}.rd.times`, counters.readTimeNs);
      to.ullong(`block.${index}.wr.reqs`, counters.writeRequests);
      to.ullong(`block.${index}.wr.bytes`, counters.writeBytes);
      to.ullong(`block.${index}.wr.times`, counters.writeTimeNs);
      to.ullong(`block.${index}.fl.reqs`, counters.flushRequests);
      to.ullong(`block.${index}.fl.times`, counters.flushTimeNs);
    }
    const allocation = allocatedBytes(vm, index);
    to.ullong(`block.${index}.allocation`, allocation);
    to.ullong(`block.${index}.capacity`, disk.capacityBytes);
    to.ullong(`block.${index}.physical`, allocation);
  }
}

/** Name and type as they travel, for all hosts and VMs: there are a few hundred different ones. */
const heads = new Map<string, Buffer>();

class ParameterWriter {
  readonly #writer = new XdrWriter();
  count = 0;

  bytes(): Buffer {
    return this.#writer.bytes();
  }

  int(field: string, value: number): void {
    this.#head(field, typedParameterType.int);
    this.#writer.int(value);
  }

  uint(field: string, value: number): void {
    this.#head(field, typedParameterType.uint);
    this.#writer.uint(value);
  }

  ullong(field: string, value: number): void {
    this.#head(field, typedParameterType.ullong);
    const high = Math.floor(value / 0x1_0000_0000);
    this.#writer.uint(high);
    this.#writer.uint(value - high * 0x1_0000_0000);
  }

  string(field: string, value: string): void {
    this.#head(field, typedParameterType.string);
    this.#writer.string(value, maxStringBytes);
  }

  #head(field: string, type: number): void {
    this.count++;
    let head = heads.get(field);
    if (!head) {
      const writer = new XdrWriter();
      writer.string(field, maxStringBytes);
      writer.int(type);
      head = writer.bytes();
      heads.set(field, head);
    }
    this.#writer.fixedOpaque(head, head.length);
  }
}
