/** A virtual network of a host. */
export interface Network {
  readonly uuid: string;
  readonly name: string;
  readonly active: boolean;
  readonly persistent: boolean;
  readonly autostart: boolean;
}

/** An address a network's DHCP server gave out. */
export interface DhcpLease {
  readonly mac: string | null;
  readonly address: string;
  readonly prefix: number;
  readonly hostname: string | null;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}
