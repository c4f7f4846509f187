import type { Clock } from '../base/clock.ts';
import type { Connection } from '../libvirt/connection.ts';
import { listDomains, statsEnforced, statsGroup, statsNoWait } from '../libvirt/constants.ts';
import { connectGetAllDomainStats, connectListAllDomains } from '../libvirt/protocol/connect.ts';
import type { DomainStats } from '../libvirt/protocol/domainStats.ts';
import { parameterValues } from '../libvirt/protocol/packedParameters.ts';
import type { Domain } from '../model/domain.ts';
import { formatUuid } from '../model/uuid.ts';
import {
  isUnsupported,
  readState,
  toDomain,
  toState,
  type DomainFacts,
  type DomainFigures,
} from './readDomains.ts';
import { Slices } from '../base/slices.ts';

/** Whoever keeps the domains. Both are asked in one turn about each, at a time when others may change them. */
export interface DomainSink {
  /** What is known of a domain now, for what the lists do not tell. */
  known(uuid: string): Domain | undefined;
  /** What the lists tell of it. */
  put(domain: Domain): void;
}

/** What the lists told of. */
export interface DomainsRead {
  readonly uuids: ReadonlySet<string>;
  /** Those whose memory and vCPUs no list tells: to be asked one by one. */
  readonly withoutFigures: readonly string[];
}

/**
 * Reads all domains in a fixed number of calls, however many there are, and passes them on in slices. The
 * statistics call for states names everybody, and asks no QEMU; whom libvirt can filter by comes from lists of
 * the fewest: transient domains rather than persistent ones.
 */
export async function readDomainLists(
  connection: Connection,
  clock: Clock,
  sink: DomainSink,
): Promise<DomainsRead> {
  const slices = new Slices(clock);
  const members = (flags: number): Promise<ReadonlySet<string>> =>
    readMembers(connection, flags, slices);
  // The daemon takes longest for the states: it begins with them
  const [states, transient, autostart, managedSave, withSnapshots, figures] = await Promise.all([
    readStates(connection),
    members(listDomains.transient),
    members(listDomains.autostart),
    members(listDomains.managedSave),
    unlessUnsupported(members(listDomains.hasSnapshot), none),
    unlessUnsupported(readFiguresOfInactive(connection, slices), undefined),
  ]);
  const uuids = new Set<string>();
  const withoutFigures: string[] = [];
  for (const record of states) {
    const { dom } = record;
    const uuid = formatUuid(dom.uuid);
    const state = 'params' in record ? stateOf(record) : await readState(connection, dom);
    if (state) {
      const known = figures?.get(uuid);
      const memberships = {
        persistent: !transient.has(uuid),
        autostart: autostart.has(uuid),
        hasManagedSave: managedSave.has(uuid),
        hasSnapshots: withSnapshots.has(uuid),
      };
      sink.put(toDomain(dom, uuid, state, known, sink.known(uuid), memberships));
      uuids.add(uuid);
      if (known?.memoryKiB === undefined || known.vcpus === undefined) {
        withoutFigures.push(uuid);
      }
    }
    if (slices.step()) {
      await slices.rest();
    }
  }
  return { uuids, withoutFigures };
}

const none: ReadonlySet<string> = new Set();

/** All domains with their states; without, if the driver has no statistics: then each is asked by itself. */
async function readStates(
  connection: Connection,
): Promise<readonly (DomainStats | Pick<DomainStats, 'dom'>)[]> {
  try {
    const args = { doms: [], stats: statsGroup.state, flags: 0 };
    return (await connection.call(connectGetAllDomainStats, args)).retStats;
  } catch (error) {
    if (!isUnsupported(error)) {
      throw error;
    }
    const args = { needResults: 1, flags: 0 };
    const { domains } = await connection.call(connectListAllDomains, args);
    return domains.map((dom) => ({ dom }));
  }
}

function stateOf({ params }: DomainStats): DomainFacts {
  const valueOf = parameterValues(params);
  return toState(Number(valueOf('state.state') ?? 0), Number(valueOf('state.reason') ?? 0));
}

async function readMembers(
  connection: Connection,
  flags: number,
  slices: Slices,
): Promise<ReadonlySet<string>> {
  const { domains } = await connection.call(connectListAllDomains, { needResults: 1, flags });
  const uuids = new Set<string>();
  for (const { uuid } of domains) {
    uuids.add(formatUuid(uuid));
    if (slices.step()) {
      await slices.rest();
    }
  }
  return uuids;
}

/** `virConnectGetAllDomainStatsFlags` */
const statsOfInactive = 2;

/**
 * Memory and vCPUs of inactive domains are read from their definition; of running ones they would need a word
 * with QEMU, which may not answer. A driver that does not tell them refuses at once.
 */
async function readFiguresOfInactive(
  connection: Connection,
  slices: Slices,
): Promise<ReadonlyMap<string, DomainFigures>> {
  const { retStats } = await connection.call(connectGetAllDomainStats, {
    doms: [],
    stats: statsGroup.balloon | statsGroup.vcpu,
    flags: (statsOfInactive | statsNoWait | statsEnforced) >>> 0,
  });
  const figures = new Map<string, DomainFigures>();
  for (const { dom, params } of retStats) {
    const valueOf = parameterValues(params);
    const number = (field: string): number | undefined => {
      const value = valueOf(field);
      return value === undefined ? undefined : Number(value);
    };
    figures.set(formatUuid(dom.uuid), {
      maxMemoryKiB: number('balloon.maximum'),
      memoryKiB: number('balloon.current'),
      vcpus: number('vcpu.current'),
    });
    if (slices.step()) {
      await slices.rest();
    }
  }
  return figures;
}

/** A driver may lack a filter, or a kind of statistics. */
async function unlessUnsupported<T, Else>(reading: Promise<T>, otherwise: Else): Promise<T | Else> {
  try {
    return await reading;
  } catch (error) {
    if (isUnsupported(error)) {
      return otherwise;
    }
    throw error;
  }
}
