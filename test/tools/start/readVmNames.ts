import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { createDemoDialer } from '../../../src/demo/createDemoDialer.ts';
import { HostSession } from '../../../src/inventory/hostSession.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { createDialer } from '../../../src/transport/createDialer.ts';
import type { LocalHost } from './localHost.ts';

const limitMs = 20_000;

/** The names of a host's VMs, in no order; undefined if the host does not let us read them. */
export async function readVmNames({
  name,
  uri: text,
}: LocalHost): Promise<readonly string[] | undefined> {
  const uri = parseHostUri(text);
  const demo = uri.driver === 'demo' ? createDemoDialer(uri.parameters, systemClock) : undefined;
  const session = new HostSession({
    ...{ name, uri, clock: systemClock, log: silentLog },
    dialer: demo ?? createDialer(uri, systemClock),
  });
  const failed = new AbortController();
  session.onDidChange(() => {
    const { state } = session.snapshot.status;
    if (state === 'disconnected' || state === 'needsAttention') {
      failed.abort();
    }
  });
  try {
    session.connect();
    await session.whenReady(AbortSignal.any([failed.signal, AbortSignal.timeout(limitMs)]));
    return [...session.snapshot.domains.values()].map((domain) => domain.name);
  } catch {
    return undefined;
  } finally {
    session.dispose();
    demo?.dispose();
  }
}
