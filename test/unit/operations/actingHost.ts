import { silentLog } from '../../../src/base/log.ts';
import type { HostSessionOptions } from '../../../src/inventory/hostSession.ts';
import { connected, createServedHost, type ServedHost } from '../inventory/servedHost.ts';

/** A connected session to a fake daemon with that many VMs; they are off where a test says so. */
export async function actingHost(
  count: number,
  options: Partial<HostSessionOptions> & { readonly off?: boolean } = {},
): Promise<ServedHost> {
  const { off = false, ...sessionOptions } = options;
  const host = createServedHost(count, sessionOptions);
  if (off) {
    for (const served of host.served) {
      served.state = 5;
    }
  }
  return connected(host);
}

export function optionsOf(host: ServedHost): {
  readonly clock: ServedHost['clock'];
  readonly log: typeof silentLog;
} {
  return { clock: host.clock, log: silentLog };
}
