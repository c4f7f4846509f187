import { domainStates, type DomainState } from '../libvirt/constants.ts';
import type { WireDomain } from '../libvirt/protocol/types.ts';
import { formatUuid } from '../model/uuid.ts';
import { blueprintOf, loadOf, type Blueprint } from './blueprint.ts';
import { definitionOf } from './domainXml.ts';
import { hardwareOf, type Hardware } from './hardware.ts';
import { Load } from './load.ts';
import { mix } from './random.ts';
import type { XmlNode } from './xmlTree.ts';

/** A generated VM: what it is follows from these. */
export interface Origin {
  readonly seed: number;
  readonly index: number;
}

/** What a long action on a VM tells of its progress. */
export interface DemoJob {
  /** `virDomainJobOperation`. */
  readonly operation: number;
  /** Milliseconds of the clock's monotonic time. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly totalBytes: number;
  abort(): void;
}

/** Why a VM does not do what is asked of it. */
export interface Faults {
  /** Its QEMU answers nothing. */
  isStuck: boolean;
  /** Its guest does nothing when asked to shut down or reboot. */
  ignoresPowerButton: boolean;
}

/**
 * One simulated VM. Its definition and figures are made when they are first asked for: of ten thousand VMs most
 * are only listed.
 */
export class DemoVm {
  readonly uuid: Uint8Array;
  name: string;
  id = -1;
  state: DomainState = 'shutoff';
  reason = 0;
  persistent = true;
  autostart = false;
  hasManagedSave = false;
  /** It was paused when it was saved. */
  wasSavedPaused = false;
  readonly faults: Faults = { isStuck: false, ignoresPowerButton: false };
  job: DemoJob | undefined;
  /** What changes the VM right now, by the name libvirt gives it. */
  lockedBy: string | undefined;
  readonly waitingForLock: (() => void)[] = [];
  /** Calls that a stuck QEMU never answers: called once it is gone. */
  readonly hanging = new Set<() => void>();
  hangingSince = 0;
  /** Called once its QEMU is gone. */
  readonly ending = new Set<() => void>();
  /** Of the host's side of its first NIC. */
  firstTap = 0;
  /** Wall-clock milliseconds since when it is paused. */
  pausedAtMs: number | undefined;
  /** Wall-clock milliseconds of the moment its guest began to boot. */
  bootedAt = 0;
  /** Its guest has booted far enough to answer. */
  isUp = false;
  /** Ends what was to happen later to this run of the VM. */
  pending: { dispose(): void } | undefined;

  readonly #origin: Origin | undefined;
  #blueprint: Blueprint | undefined;
  #definition: XmlNode | undefined;
  /** The definition it was started with, where the one for the next start differs. */
  #running: { readonly tree: XmlNode; readonly hardware: Hardware } | undefined;
  #hardware: Hardware | undefined;
  #load: Load | undefined;
  /** Seconds it ran before {@link #since}, of this QEMU. */
  #ranSeconds = 0;
  /** Monotonic milliseconds since which its processors run; undefined while they do not. */
  #since: number | undefined;

  constructor(uuid: Uint8Array, name: string, source: Origin | XmlNode) {
    this.uuid = uuid;
    this.name = name;
    if ('index' in source) {
      this.#origin = source;
    } else {
      this.#definition = source;
    }
  }

  get uuidText(): string {
    return formatUuid(this.uuid);
  }

  get wire(): WireDomain {
    return { name: this.name, uuid: this.uuid, id: this.id };
  }

  get stateNumber(): number {
    return domainStates.indexOf(this.state);
  }

  /** There is a QEMU. */
  get isActive(): boolean {
    return this.id >= 0;
  }

  /** The definition for the next start. */
  get definition(): XmlNode {
    this.#definition ??= definitionOf(this.#blueprintNow, this.name, this.uuidText);
    return this.#definition;
  }

  /** Replaces the definition for the next start. */
  define(tree: XmlNode): void {
    this.#keepRunning();
    this.#definition = tree;
    this.#hardware = undefined;
  }

  /** Replaces what leaves the hardware as it is, such as a title. */
  annotate(tree: XmlNode): void {
    this.#keepRunning();
    const { hardware } = this;
    this.#definition = tree;
    this.#hardware = hardware;
  }

  /** The definition it runs with, or would be started with. */
  get liveDefinition(): XmlNode {
    return this.isActive ? (this.#running?.tree ?? this.definition) : this.definition;
  }

  /** Replaces what it runs with. */
  annotateLive(tree: XmlNode): void {
    this.#running = { tree, hardware: this.liveHardware };
  }

  /** What it would be started with. */
  get hardware(): Hardware {
    this.#hardware ??= this.#definition
      ? hardwareOf(this.#definition)
      : this.#blueprintNow.hardware;
    return this.#hardware;
  }

  /** What it runs with, or would be started with. */
  get liveHardware(): Hardware {
    return this.isActive ? (this.#running?.hardware ?? this.hardware) : this.hardware;
  }

  /** Identifies it among loads: the same in every run. */
  get salt(): number {
    return mix(...this.uuid);
  }

  get load(): Load {
    this.#load ??= new Load(this.salt);
    return this.#load;
  }

  /** How busy it is on average, of one core per vCPU. */
  get averageLoad(): number {
    return this.#origin ? loadOf(this.#origin.seed, this.#origin.index) : 0.1;
  }

  /** Seconds its processors ran since its QEMU was started. */
  ranSeconds(monotonicMs: number): number {
    return (
      this.#ranSeconds +
      (this.#since === undefined ? 0 : Math.max(0, monotonicMs - this.#since) / 1_000)
    );
  }

  /** A new QEMU: every counter begins anew. */
  powerOn(id: number): void {
    this.id = id;
    this.#ranSeconds = 0;
    this.#since = undefined;
    this.#running = undefined;
  }

  /** It has run for so long already. */
  age(seconds: number): void {
    this.#ranSeconds = seconds;
  }

  runFrom(monotonicMs: number): void {
    this.#since ??= monotonicMs;
  }

  holdAt(monotonicMs: number): void {
    this.#ranSeconds = this.ranSeconds(monotonicMs);
    this.#since = undefined;
  }

  /** No QEMU any more; what hung on it comes free. */
  powerOff(): void {
    this.id = -1;
    this.#since = undefined;
    this.#ranSeconds = 0;
    this.#running = undefined;
    this.isUp = false;
    this.job = undefined;
    this.pending?.dispose();
    this.pending = undefined;
    for (const release of [...this.hanging, ...this.ending]) {
      release();
    }
    this.hanging.clear();
    this.ending.clear();
  }

  get #blueprintNow(): Blueprint {
    const { seed, index } = this.#origin ?? { seed: 0, index: 0 };
    this.#blueprint ??= blueprintOf(seed, index, this.name);
    return this.#blueprint;
  }

  #keepRunning(): void {
    if (this.isActive) {
      this.#running ??= { tree: this.definition, hardware: this.hardware };
    }
  }
}
