import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import { HostSession, type HostSessionOptions } from '../../../src/inventory/hostSession.ts';
import { listDomains } from '../../../src/libvirt/constants.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import type { WireDomain } from '../../../src/libvirt/protocol/types.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { parseUuid } from '../../../src/model/uuid.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { FakeDaemon } from '../../fakes/fakeDaemon.ts';
import { noSuchDomain } from '../../fakes/refusal.ts';

/** A VM of the fake daemon; a test changes it as others would. */
export interface ServedDomain {
  readonly wire: WireDomain;
  state: number;
  reason: number;
  autostart: boolean;
  hasManagedSave: boolean;
}

/** A fake daemon that serves some persistent VMs, and a session to it that was not told to connect yet. */
export interface ServedHost {
  readonly daemon: FakeDaemon;
  readonly clock: FakeClock;
  readonly served: ServedDomain[];
  readonly session: HostSession;
}

/** The UUID of the n-th VM. */
export function uuidOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

/** A VM named after its number, running. */
export function serve(index: number): ServedDomain {
  return {
    wire: { name: `vm-${index}`, uuid: parseUuid(uuidOf(index)), id: index },
    state: 1,
    reason: 1,
    autostart: false,
    hasManagedSave: false,
  };
}

export function createServedHost(
  count: number,
  options: Partial<HostSessionOptions> = {},
  clock = new FakeClock(),
): ServedHost {
  const daemon = new FakeDaemon();
  const served = Array.from({ length: count }, (_, index) => serve(index + 1));
  const find = (uuid: Uint8Array): ServedDomain => {
    const found = served.find(({ wire }) => Buffer.compare(wire.uuid, uuid) === 0);
    if (!found) {
      throw noSuchDomain('gone');
    }
    return found;
  };
  daemon
    .handle(connect.connectListAllDomains, ({ flags }) => {
      const chosen = served.filter(
        ({ autostart }) => (flags & listDomains.autostart) === 0 || autostart,
      );
      const saved = chosen.filter(
        ({ hasManagedSave }) => (flags & listDomains.managedSave) === 0 || hasManagedSave,
      );
      const isEmpty = (flags & (listDomains.hasSnapshot | listDomains.transient)) !== 0;
      return { domains: isEmpty ? [] : saved.map(({ wire }) => wire), ret: served.length };
    })
    .handle(connect.connectGetAllDomainStats, ({ doms }) => ({
      retStats: served
        .filter(({ wire }) => doms.length === 0 || doms.some(({ name }) => name === wire.name))
        .map(({ wire, state, reason }) => ({
          dom: wire,
          params: Object.entries({
            'state.state': state,
            'state.reason': reason,
            'balloon.current': 1_024,
            'balloon.maximum': 2_048,
            'vcpu.current': 2,
            'cpu.time': 1_000_000,
          }).map(([field, value]) => ({ field, type: 4, value })),
        })),
    }))
    .handle(domains.domainLookupByUuid, ({ uuid }) => ({ dom: find(uuid).wire }))
    .handle(domains.domainGetState, ({ dom }) => find(dom.uuid))
    .handle(domains.domainGetInfo, ({ dom }) => ({
      state: find(dom.uuid).state,
      maxMem: 2_048n,
      memory: 1_024n,
      nrVirtCpu: 2,
      cpuTime: 0n,
    }))
    .handle(domains.domainIsPersistent, () => ({ persistent: 1 }))
    .handle(domains.domainGetAutostart, ({ dom }) => ({
      autostart: find(dom.uuid).autostart ? 1 : 0,
    }))
    .handle(domains.domainHasManagedSaveImage, ({ dom }) => ({
      result: find(dom.uuid).hasManagedSave ? 1 : 0,
    }));
  const session = new HostSession({
    name: 'lab',
    uri: parseHostUri('qemu:///system'),
    dialer: daemon.dialer,
    clock,
    log: silentLog,
    random: () => 0.5,
    ...options,
  });
  return { daemon, clock, served, session };
}

/** Lets everything happen that takes no time. */
export async function turn({ clock }: ServedHost): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await settle();
    await clock.advance(0);
  }
}

/** Lets its session connect. */
export async function connected(host: ServedHost): Promise<ServedHost> {
  host.session.connect();
  await turn(host);
  assert.equal(host.session.snapshot.status.state, 'connected');
  return host;
}

/** The same, whose daemon tells of its machine too. */
export function createKnownHost(count: number): ServedHost {
  const host = createServedHost(count);
  host.daemon
    .handle(connect.connectGetHostname, () => ({ hostname: 'lab-1' }))
    .handle(connect.connectGetType, () => ({ type: 'QEMU' }))
    .handle(connect.connectGetVersion, () => ({ hvVer: 7_002_022n }))
    .handle(connect.connectGetLibVersion, () => ({ libVer: 9_000_000n }))
    .handle(connect.nodeGetInfo, () => ({
      model: [...Buffer.from('x86_64'.padEnd(32, '\0'))],
      ...{ memory: 1_024n, cpus: 2, mhz: 0, nodes: 1, sockets: 1, cores: 2, threads: 1 },
    }));
  return host;
}
