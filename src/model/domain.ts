import type { DomainState } from '../libvirt/constants.ts';

/** A virtual machine as libvirt's lists tell it. */
export interface Domain {
  /** In the usual form with dashes; never changes. */
  readonly uuid: string;
  readonly name: string;
  /** libvirt's number of the running instance; -1 while inactive. */
  readonly id: number;
  readonly state: DomainState;
  /** Why it is in that state, in libvirt's words; `unknown` where libvirt does not say. */
  readonly reason: string;
  /** Milliseconds since the epoch when we saw it enter the state; undefined if it was so when we came. */
  readonly stateSince: number | undefined;
  /** Has a definition that outlives the running instance. */
  readonly persistent: boolean;
  readonly autostart: boolean;
  /** libvirt keeps a memory image to start from. */
  readonly hasManagedSave: boolean;
  readonly hasSnapshots: boolean;
  /** Undefined until it was read, as the next two. */
  readonly maxMemoryKiB: number | undefined;
  readonly memoryKiB: number | undefined;
  readonly vcpus: number | undefined;
  /** Milliseconds since the epoch since when its QEMU answers nothing; undefined while it does. */
  readonly notAnsweringSince: number | undefined;
}

/** Whether the VM exists as a running or paused instance, as opposed to a mere definition. */
export function isActive(state: DomainState): boolean {
  return state !== 'shutoff' && state !== 'nostate' && state !== 'crashed';
}

/** What is read of a VM only while a person has it open. */
export interface DomainDetails {
  /** The definition of the running instance; null while inactive. */
  readonly liveXml: string | null;
  /** The definition for the next start; null of a transient VM. */
  readonly inactiveXml: string | null;
  /** Names, in libvirt's order. */
  readonly snapshots: readonly string[];
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}
