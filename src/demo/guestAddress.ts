import { mix } from './random.ts';

/** The address a network's DHCP server gives a NIC: the same every time. */
export function guestAddress(network: { readonly prefix: string }, mac: string): string {
  const last = (mix(...Buffer.from(mac)) % 253) + 2;
  return `${network.prefix}.${last}`;
}
