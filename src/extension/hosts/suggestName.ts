import type { HostUri } from '../../libvirt/uri.ts';

/**
 * A name to offer for a host: its machine's, with what tells it from others there.
 * @param machine what this machine is called
 * @param taken names that are in use
 */
export function suggestName(uri: HostUri, machine: string, taken: ReadonlySet<string>): string {
  const where = (uri.host ?? machine).replace(/\..*$/, '');
  const kind =
    uri.driver === 'qemu' && uri.path === '/system'
      ? ''
      : ` (${uri.path === '/session' ? 'session' : uri.driver})`;
  const name = `${where === '' ? 'host' : where}${kind}`;
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(candidate)) {
      return candidate;
    }
  }
}
