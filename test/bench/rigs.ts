import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { HostSession } from '../../src/inventory/hostSession.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { openConnection } from '../../src/libvirt/openConnection.ts';
import { connectListAllDomains } from '../../src/libvirt/protocol/connect.ts';
import { domainDefineXmlFlags } from '../../src/libvirt/protocol/domain.ts';
import { parseHostUri } from '../../src/libvirt/uri.ts';
import { createUnixDialer } from '../../src/transport/unixDialer.ts';

/** Another client's connection. */
export function openBenchConnection(text: string): Promise<Connection> {
  const uri = parseHostUri(text);
  return openConnection({
    uri,
    dialer: createUnixDialer(uri, systemClock),
    clock: systemClock,
    log: silentLog,
  });
}

/** A session that is not connected yet. */
export function createBenchSession(text: string): HostSession {
  const uri = parseHostUri(text);
  return new HostSession({
    name: 'bench',
    uri,
    dialer: createUnixDialer(uri, systemClock),
    clock: systemClock,
    log: silentLog,
  });
}

/**
 * Brings the shared test host of a daemon up to so many VMs. Its state goes when its last connection closes: keep
 * the one given.
 */
export async function growTestHost(connection: Connection, count: number): Promise<void> {
  const { domains } = await connection.call(connectListAllDomains, { needResults: 1, flags: 0 });
  const missing = Array.from(
    { length: count - domains.length },
    (_, index) => domains.length + index,
  );
  await Promise.all(
    missing.map((index) =>
      connection.call(
        domainDefineXmlFlags,
        {
          xml: `<domain type='test'><name>vm-${index}</name><memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>`,
          flags: 0,
        },
        { deadlineMs: Number.POSITIVE_INFINITY },
      ),
    ),
  );
}
