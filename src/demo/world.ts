import type { WireDomain } from '../libvirt/protocol/types.ts';
import { formatUuid } from '../model/uuid.ts';
import { nameOf } from './blueprint.ts';
import type { DemoTime } from './demoTime.ts';
import { DemoVm } from './demoVm.ts';
import { EventHub } from './eventHub.ts';
import { createRandom, randomUuid, type Random } from './random.ts';
import { noDomain } from './refusal.ts';
import { createNetworks, createPools, type DemoNetwork, type DemoPool } from './resources.ts';
import { volumesOf, type PlacedVolume } from './vmVolumes.ts';

export interface WorldOptions {
  /** How many VMs there are at first. */
  readonly vms: number;
  readonly seed: number;
}

/** What a simulated host has. */
export class World {
  readonly time: DemoTime;
  readonly events = new EventHub();
  readonly seed: number;
  readonly hostname: string;
  readonly uuidText: string;
  /** Wall-clock milliseconds. */
  readonly bootedAt: number;
  readonly networks: DemoNetwork[];
  readonly pools: DemoPool[];
  /** For what comes into being later, such as the UUID of a VM defined without one. */
  readonly random: Random;
  readonly #byUuid = new Map<string, DemoVm>();
  readonly #byName = new Map<string, DemoVm>();
  /** Disks that outlived the VMs they were made for, by path. */
  readonly orphans = new Map<string, PlacedVolume>();
  /** Counts what came and went, for those who keep an index of it. */
  revision = 0;
  #lastId = 0;
  #nextTap = 0;

  constructor(options: WorldOptions, time: DemoTime) {
    const { vms, seed } = options;
    this.time = time;
    this.seed = seed;
    this.random = createRandom(seed, 0xd3c0);
    this.uuidText = formatUuid(randomUuid(createRandom(seed, 0x4057)));
    this.hostname = `demo-${createRandom(seed, 0x4057).below(90) + 10}`;
    this.bootedAt = time.now() - 41 * 86_400_000;
    this.networks = createNetworks(seed);
    this.pools = createPools(seed);
    for (let index = 0; index < vms; index++) {
      this.#populate(seed, index, vms);
    }
  }

  get vms(): Iterable<DemoVm> {
    return this.#byUuid.values();
  }

  get size(): number {
    return this.#byUuid.size;
  }

  byName(name: string): DemoVm | undefined {
    return this.#byName.get(name);
  }

  byUuid(uuid: Uint8Array): DemoVm | undefined {
    return this.#byUuid.get(formatUuid(uuid));
  }

  byId(id: number): DemoVm | undefined {
    for (const vm of this.vms) {
      if (vm.id === id && vm.isActive) {
        return vm;
      }
    }
    return undefined;
  }

  /** The VM that a call names. @throws DemoRefusal if it is gone. */
  get(dom: WireDomain): DemoVm {
    const vm = this.byUuid(dom.uuid);
    if (!vm) {
      throw noDomain(`no domain with matching uuid '${formatUuid(dom.uuid)}' (${dom.name})`);
    }
    return vm;
  }

  add(vm: DemoVm): void {
    this.revision++;
    this.#byUuid.set(vm.uuidText, vm);
    this.#byName.set(vm.name, vm);
  }

  remove(vm: DemoVm): void {
    this.revision++;
    for (const volume of volumesOf(vm)) {
      this.orphans.set(volume.path, volume);
    }
    this.#byUuid.delete(vm.uuidText);
    this.#byName.delete(vm.name);
  }

  rename(vm: DemoVm, name: string): void {
    this.#byName.delete(vm.name);
    vm.name = name;
    this.#byName.set(name, vm);
  }

  /** A number no other run of a VM had. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Names the host's side of the VM's NICs. */
  connectInterfaces(vm: DemoVm): void {
    vm.firstTap = this.#nextTap;
    this.#nextTap += 2;
  }

  #populate(seed: number, index: number, count: number): void {
    const random = createRandom(seed, index, 1);
    const vm = new DemoVm(randomUuid(random), nameOf(seed, index, count), { seed, index });
    vm.autostart = random.chance(0.4);
    const lot = random.next();
    if (lot < 0.72) {
      this.#letRun(vm, random);
    } else if (lot < 0.76) {
      this.#letRun(vm, random);
      vm.state = 'paused';
      vm.reason = 1;
      vm.pausedAtMs = this.time.now() - random.below(86_400_000);
      vm.holdAt(this.time.monotonic());
    } else if (lot < 0.8) {
      vm.hasManagedSave = true;
      vm.reason = 5; // saved
    } else if (lot < 0.81) {
      vm.reason = 3; // crashed
    } else {
      vm.reason = random.pick([1, 1, 2, 0]);
    }
    vm.faults.ignoresPowerButton = random.chance(0.03);
    this.add(vm);
  }

  /** As if it had been started minutes to weeks ago. */
  #letRun(vm: DemoVm, random: Random): void {
    const seconds = Math.floor(600 + random.next() ** 3 * 40 * 86_400);
    vm.powerOn(this.nextId());
    this.connectInterfaces(vm);
    vm.age(seconds);
    vm.runFrom(this.time.monotonic());
    vm.bootedAt = this.time.now() - seconds * 1_000;
    vm.isUp = true;
    vm.state = 'running';
    vm.reason = 1; // booted
  }
}
