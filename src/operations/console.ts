import type { HostSession } from '../inventory/hostSession.ts';
import { wireDomain } from '../inventory/readDomains.ts';
import { domainOpenConsole } from '../libvirt/protocol/domain.ts';
import type { RpcStream } from '../libvirt/stream.ts';
import type { Domain } from '../model/domain.ts';

/** `virDomainConsoleFlags` */
const takeOver = 1;

export interface ConsoleOptions {
  /** Cuts off whoever has the console open; otherwise libvirt refuses while somebody does. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Opens a VM's first serial console: iterate the stream to read, write to type, abort it to leave.
 * @throws LibvirtError if the VM is off, has no console, or somebody else has it open.
 */
export async function openConsole(
  session: HostSession,
  domain: Domain,
  { force = false, signal }: ConsoleOptions = {},
): Promise<RpcStream> {
  const { stream } = await session.openStream(
    domainOpenConsole,
    { dom: wireDomain(domain), devName: null, flags: force ? takeOver : 0 },
    { signal },
  );
  return stream;
}
