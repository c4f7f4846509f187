import type { Clock } from '../base/clock.ts';
import type { Connection } from '../libvirt/connection.ts';
import {
  domainStateReasons,
  domainStates,
  listDomains,
  statsGroup,
  statsNoWait,
  type DomainState,
} from '../libvirt/constants.ts';
import { errorCode, LibvirtError } from '../libvirt/errors.ts';
import { connectGetAllDomainStats, connectListAllDomains } from '../libvirt/protocol/connect.ts';
import {
  domainGetAutostart,
  domainGetInfo,
  domainGetState,
  domainHasManagedSaveImage,
  domainIsPersistent,
  domainLookupByUuid,
} from '../libvirt/protocol/domain.ts';
import { parameterValues } from '../libvirt/protocol/packedParameters.ts';
import type { TypedParameters, WireDomain } from '../libvirt/protocol/types.ts';
import { isActive, type Domain } from '../model/domain.ts';
import { formatUuid, parseUuid } from '../model/uuid.ts';
import { Slices } from './slices.ts';

/** What the lists tell of every domain at once, however many there are. */
export interface DomainList {
  readonly domains: readonly Domain[];
  /** Those whose memory and vCPUs no list tells: to be asked one by one. */
  readonly withoutFigures: readonly string[];
}

/**
 * Reads all domains in a fixed number of calls: membership lists for what libvirt can filter by, and the
 * statistics call for states, which answers these without asking any QEMU.
 * @param known what was known before, for what the lists do not tell; asked at the end, in one turn
 */
export async function readDomains(
  connection: Connection,
  known: (uuid: string) => Domain | undefined,
  clock: Clock,
): Promise<DomainList> {
  const list = async (flags: number): Promise<readonly WireDomain[]> =>
    (await connection.call(connectListAllDomains, { needResults: 1, flags })).domains;
  const members = async (flags: number): Promise<ReadonlySet<string>> => {
    const uuids = new Set<string>();
    const found = await list(flags);
    const slices = new Slices(clock);
    for (const { uuid } of found) {
      uuids.add(formatUuid(uuid));
      if (slices.step()) {
        await slices.rest();
      }
    }
    return uuids;
  };
  const [all, persistent, autostart, managedSave, withSnapshots, facts] = await Promise.all([
    list(0),
    members(listDomains.persistent),
    members(listDomains.autostart),
    members(listDomains.managedSave),
    membersIfSupported(members, listDomains.hasSnapshot),
    readFacts(connection, clock),
  ]);
  const found: Found[] = [];
  const withoutFigures: string[] = [];
  const slices = new Slices(clock);
  for (const wire of all) {
    if (slices.step()) {
      await slices.rest();
    }
    const uuid = formatUuid(wire.uuid);
    const fact = facts.get(uuid) ?? (await readState(connection, wire));
    if (!fact) {
      continue; // gone between the two calls
    }
    const memberships = {
      persistent: persistent.has(uuid),
      autostart: autostart.has(uuid),
      hasManagedSave: managedSave.has(uuid),
      hasSnapshots: withSnapshots.has(uuid),
    };
    found.push({ wire, uuid, fact, memberships });
    if (fact.memoryKiB === undefined || fact.vcpus === undefined) {
      withoutFigures.push(uuid);
    }
  }
  // In one turn, so that what was known does not become different while it is taken over
  const domains = found.map(({ wire, uuid, fact, memberships }) =>
    toDomain(wire, uuid, fact, known(uuid), memberships),
  );
  return { domains, withoutFigures };
}

/** What the calls told of one domain. */
interface Found {
  readonly wire: WireDomain;
  readonly uuid: string;
  readonly fact: DomainFacts;
  readonly memberships: Memberships;
}

type Memberships = Pick<Domain, 'persistent' | 'autostart' | 'hasManagedSave' | 'hasSnapshots'>;

/** One literal with every field: spreading one into another makes slow and large objects of thousands. */
function toDomain(
  wire: WireDomain,
  uuid: string,
  fact: DomainFacts,
  before: Domain | undefined,
  memberships: Memberships,
): Domain {
  return {
    uuid,
    name: wire.name,
    id: isActive(fact.state) ? wire.id : -1,
    state: fact.state,
    reason: fact.reason,
    stateSince: before?.state === fact.state ? before.stateSince : undefined,
    persistent: memberships.persistent,
    autostart: memberships.autostart,
    hasManagedSave: memberships.hasManagedSave,
    hasSnapshots: memberships.hasSnapshots,
    maxMemoryKiB: fact.maxMemoryKiB ?? before?.maxMemoryKiB,
    memoryKiB: fact.memoryKiB ?? before?.memoryKiB,
    vcpus: fact.vcpus ?? before?.vcpus,
    notAnsweringSince: isActive(fact.state) ? before?.notAnsweringSince : undefined,
  };
}

/** Reads one domain afresh; undefined if it does not exist any more. */
export async function readDomain(
  connection: Connection,
  uuid: string,
  before: Domain | undefined,
): Promise<Domain | undefined> {
  try {
    const { dom } = await connection.call(domainLookupByUuid, { uuid: parseUuid(uuid) });
    const [state, info, persistent, autostart, managedSave] = await Promise.all([
      connection.call(domainGetState, { dom, flags: 0 }),
      connection.call(domainGetInfo, { dom }),
      connection.call(domainIsPersistent, { dom }),
      connection.call(domainGetAutostart, { dom }),
      connection.call(domainHasManagedSaveImage, { dom, flags: 0 }),
    ]);
    const name = stateName(state.state);
    const fact = {
      state: name,
      reason: reasonName(name, state.reason),
      maxMemoryKiB: Number(info.maxMem),
      memoryKiB: Number(info.memory),
      vcpus: info.nrVirtCpu,
    };
    return toDomain(dom, uuid, fact, before, {
      persistent: persistent.persistent === 1,
      autostart: autostart.autostart === 1,
      hasManagedSave: managedSave.result === 1,
      hasSnapshots: before?.hasSnapshots ?? false,
    });
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Memory and vCPUs of one domain; undefined if it is gone. */
export async function readFigures(
  connection: Connection,
  domain: Domain,
): Promise<Pick<Domain, 'maxMemoryKiB' | 'memoryKiB' | 'vcpus'> | undefined> {
  try {
    const info = await connection.call(domainGetInfo, { dom: wireDomain(domain) });
    return {
      maxMemoryKiB: Number(info.maxMem),
      memoryKiB: Number(info.memory),
      vcpus: info.nrVirtCpu,
    };
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

/** A domain as calls about it name it. */
export function wireDomain(domain: Pick<Domain, 'name' | 'uuid' | 'id'>): WireDomain {
  return { name: domain.name, uuid: parseUuid(domain.uuid), id: domain.id };
}

/** libvirt says that there is no such domain any more. */
export function isGone(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === errorCode.noDomain;
}

interface DomainFacts {
  readonly state: DomainState;
  readonly reason: string;
  readonly maxMemoryKiB: number | undefined;
  readonly memoryKiB: number | undefined;
  readonly vcpus: number | undefined;
}

/** `virConnectGetAllDomainStatsFlags` */
const statsOfActive = 1;
const statsOfInactive = 2;

/**
 * States of all; of inactive domains also memory and vCPUs, which are read from their definition. Of running
 * ones those would need a word with QEMU, which may not answer.
 */
async function readFacts(
  connection: Connection,
  clock: Clock,
): Promise<ReadonlyMap<string, DomainFacts>> {
  const facts = new Map<string, DomainFacts>();
  const read = async (stats: number, flags: number): Promise<void> => {
    const { retStats } = await connection.call(connectGetAllDomainStats, {
      doms: [],
      stats,
      flags,
    });
    const slices = new Slices(clock);
    for (const { dom, params } of retStats) {
      facts.set(formatUuid(dom.uuid), toFacts(params));
      if (slices.step()) {
        await slices.rest();
      }
    }
  };
  const readInactive = async (): Promise<void> => {
    try {
      await read(
        statsGroup.state | statsGroup.balloon | statsGroup.vcpu,
        (statsOfInactive | statsNoWait) >>> 0,
      );
    } catch (error) {
      if (!isUnsupported(error)) {
        throw error;
      }
      await read(statsGroup.state, statsOfInactive); // a driver that never waits knows no such flag
    }
  };
  try {
    await Promise.all([read(statsGroup.state, statsOfActive), readInactive()]);
  } catch (error) {
    if (!isUnsupported(error)) {
      throw error;
    }
    // A driver without statistics: every state is read by itself
  }
  return facts;
}

function toFacts(params: TypedParameters): DomainFacts {
  const valueOf = parameterValues(params);
  const number = (field: string): number | undefined => {
    const value = valueOf(field);
    return value === undefined ? undefined : Number(value);
  };
  const state = stateName(number('state.state') ?? 0);
  return {
    state,
    reason: reasonName(state, number('state.reason') ?? 0),
    maxMemoryKiB: number('balloon.maximum'),
    memoryKiB: number('balloon.current'),
    vcpus: number('vcpu.current'),
  };
}

async function readState(
  connection: Connection,
  dom: WireDomain,
): Promise<DomainFacts | undefined> {
  try {
    const reply = await connection.call(domainGetState, { dom, flags: 0 });
    const state = stateName(reply.state);
    return {
      state,
      reason: reasonName(state, reply.reason),
      maxMemoryKiB: undefined,
      memoryKiB: undefined,
      vcpus: undefined,
    };
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

/** A driver without snapshots refuses the filter; then none has any. */
async function membersIfSupported(
  members: (flags: number) => Promise<ReadonlySet<string>>,
  flags: number,
): Promise<ReadonlySet<string>> {
  try {
    return await members(flags);
  } catch (error) {
    if (isUnsupported(error)) {
      return new Set();
    }
    throw error;
  }
}

/** The driver does not have this procedure or flag. */
export function isUnsupported(error: unknown): boolean {
  return (
    error instanceof LibvirtError &&
    [errorCode.noSupport, errorCode.invalidArgument, errorCode.argumentUnsupported].some(
      (code) => code === error.code,
    )
  );
}

function stateName(state: number): DomainState {
  return domainStates[state] ?? 'nostate';
}

function reasonName(state: DomainState, reason: number): string {
  return domainStateReasons[state][reason] ?? 'unknown';
}
