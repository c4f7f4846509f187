/** A rate or level; undefined where it cannot be told, which is a gap and not a zero. */
export type Figure = number | undefined;

export interface DiskRates {
  /** Target device, such as `vda`. */
  readonly name: string;
  readonly readBytesPerSecond: Figure;
  readonly writeBytesPerSecond: Figure;
  readonly readRequestsPerSecond: Figure;
  readonly writeRequestsPerSecond: Figure;
  readonly capacityBytes: Figure;
  readonly allocationBytes: Figure;
}

export interface InterfaceRates {
  readonly name: string;
  readonly receiveBytesPerSecond: Figure;
  readonly transmitBytesPerSecond: Figure;
}

/** A VM's figures at one moment; rates are means since the moment before, and the sum of its devices. */
export interface DomainSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** CPU time per time: 1 is one core of the host, busy all the time. */
  readonly cpuCores: Figure;
  readonly vcpus: Figure;
  readonly memoryKiB: Figure;
  /** What the guest says it uses: what it sees less what it could still give. */
  readonly memoryUsedKiB: Figure;
  /** Seconds since the epoch when the guest last told; its figures are as old as that. */
  readonly memoryToldAt: Figure;
  /** What QEMU takes on the host. */
  readonly residentKiB: Figure;
  readonly readBytesPerSecond: Figure;
  readonly writeBytesPerSecond: Figure;
  readonly readRequestsPerSecond: Figure;
  readonly writeRequestsPerSecond: Figure;
  readonly receiveBytesPerSecond: Figure;
  readonly transmitBytesPerSecond: Figure;
}

/** The same per vCPU, disk and interface. */
export interface DeviceSample {
  /** As {@link DomainSample.cpuCores}. */
  readonly vcpuCores: readonly Figure[];
  readonly disks: readonly DiskRates[];
  readonly interfaces: readonly InterfaceRates[];
}

/** A host's figures at one moment. */
export interface NodeSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** From 0 to 1 of all cores. */
  readonly cpuUse: Figure;
  readonly memoryTotalKiB: Figure;
  /** Total less free, buffers and caches. */
  readonly memoryUsedKiB: Figure;
}
