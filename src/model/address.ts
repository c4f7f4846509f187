/** An address that a VM's network interface has. */
export interface DomainAddress {
  /** As who told calls it: `vnet0` of libvirt's leases, `eth0` of the guest's agent. */
  readonly interface: string;
  readonly mac: string | undefined;
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  /** Bits of the network's part. */
  readonly prefix: number;
}

/** The one address to show where there is room for one; undefined if none can be reached from elsewhere. */
export function shortAddress(addresses: readonly DomainAddress[]): string | undefined {
  return addresses.find(({ address }) => !isLocal(address))?.address;
}

/** Only reaches the machine itself, or its own link. */
function isLocal(address: string): boolean {
  const text = address.toLowerCase();
  return /^(127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/.test(text);
}
