import type { Connection } from '../libvirt/connection.ts';
import { domainStateReasons, domainStates, type DomainState } from '../libvirt/constants.ts';
import { errorCode, LibvirtError } from '../libvirt/errors.ts';
import {
  domainGetAutostart,
  domainGetInfo,
  domainGetState,
  domainHasManagedSaveImage,
  domainIsPersistent,
  domainLookupByUuid,
} from '../libvirt/protocol/domain.ts';
import type { WireDomain } from '../libvirt/protocol/types.ts';
import { isActive, type Domain } from '../model/domain.ts';
import { parseUuid } from '../model/uuid.ts';

/** What is asked of one domain by itself, or told by lists. */
export interface DomainFacts {
  readonly state: DomainState;
  readonly reason: string;
}

export type DomainFigures = Pick<Domain, 'maxMemoryKiB' | 'memoryKiB' | 'vcpus'>;

type Memberships = Pick<Domain, 'persistent' | 'autostart' | 'hasManagedSave' | 'hasSnapshots'>;

/** One literal with every field: spreading one into another makes slow and large objects of thousands. */
export function toDomain(
  wire: WireDomain,
  uuid: string,
  fact: DomainFacts,
  figures: DomainFigures | undefined,
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
    maxMemoryKiB: figures?.maxMemoryKiB ?? before?.maxMemoryKiB,
    memoryKiB: figures?.memoryKiB ?? before?.memoryKiB,
    vcpus: figures?.vcpus ?? before?.vcpus,
    notAnsweringSince: isActive(fact.state) ? before?.notAnsweringSince : undefined,
  };
}

/** The domain with new figures; written out for the same reason as {@link toDomain}. */
export function withFigures(domain: Domain, figures: DomainFigures): Domain {
  return {
    uuid: domain.uuid,
    name: domain.name,
    id: domain.id,
    state: domain.state,
    reason: domain.reason,
    stateSince: domain.stateSince,
    persistent: domain.persistent,
    autostart: domain.autostart,
    hasManagedSave: domain.hasManagedSave,
    hasSnapshots: domain.hasSnapshots,
    maxMemoryKiB: figures.maxMemoryKiB,
    memoryKiB: figures.memoryKiB,
    vcpus: figures.vcpus,
    notAnsweringSince: domain.notAnsweringSince,
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
    const figures = {
      maxMemoryKiB: Number(info.maxMem),
      memoryKiB: Number(info.memory),
      vcpus: info.nrVirtCpu,
    };
    return toDomain(dom, uuid, toState(state.state, state.reason), figures, before, {
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
): Promise<DomainFigures | undefined> {
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

/** Records do not change, and those of a thousand VMs are named every two seconds. */
const wires = new WeakMap<object, WireDomain>();

/** A domain as calls about it name it. */
export function wireDomain(domain: Readonly<Pick<Domain, 'name' | 'uuid' | 'id'>>): WireDomain {
  let wire = wires.get(domain);
  if (!wire) {
    wire = { name: domain.name, uuid: parseUuid(domain.uuid), id: domain.id };
    wires.set(domain, wire);
  }
  return wire;
}

/** libvirt says that there is no such domain any more. */
export function isGone(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === errorCode.noDomain;
}

/** The state of one domain; undefined if it is gone. */
export async function readState(
  connection: Connection,
  dom: WireDomain,
): Promise<DomainFacts | undefined> {
  try {
    const reply = await connection.call(domainGetState, { dom, flags: 0 });
    return toState(reply.state, reply.reason);
  } catch (error) {
    if (isGone(error)) {
      return undefined;
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

/** A state and its reason by libvirt's numbers. */
export function toState(state: number, reason: number): DomainFacts {
  const name = domainStates[state] ?? 'nostate';
  return { state: name, reason: domainStateReasons[name][reason] ?? 'unknown' };
}
