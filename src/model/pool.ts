/** `virStoragePoolState`, by number. */
export const poolStates = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;
type PoolState = (typeof poolStates)[number];

/** A storage pool of a host. */
export interface Pool {
  readonly uuid: string;
  readonly name: string;
  readonly state: PoolState;
  readonly persistent: boolean;
  readonly autostart: boolean;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly availableBytes: number;
}

/** A volume of a pool. */
export interface Volume {
  readonly name: string;
  /** Unique on the host; of file pools, the path. */
  readonly key: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
}
