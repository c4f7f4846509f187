import type { TransportErrorKind, TransportFailure } from '../libvirt/errors.ts';
import type { Domain } from './domain.ts';
import type { Network } from './network.ts';
import type { Pool } from './pool.ts';

/**
 * Why there is no connection: the way to the daemon failed in one of the known manners, libvirt itself refused
 * (`libvirt`), or something went wrong that nobody foresaw (`internal`).
 */
export type HostFailureKind = TransportErrorKind | 'libvirt' | 'internal';

/** How we stand with a host. */
export type HostStatus =
  /** Not asked to connect, or told to disconnect. */
  | { readonly state: 'idle' }
  | { readonly state: 'connecting' }
  /** Its VMs and their states are known, and follow what happens. */
  | { readonly state: 'connected' }
  /** Connected over the socket that only lets us look. */
  | { readonly state: 'readOnly' }
  /** Connected, but something does not answer; the last values stand. */
  | { readonly state: 'degraded'; readonly cause: string; readonly since: number }
  /** Not connected; tries again by itself. */
  | {
      readonly state: 'disconnected';
      readonly kind: HostFailureKind;
      readonly cause: string;
      readonly retryAt: number;
    }
  /** Not connected, and trying again is no use until a person does something. */
  | {
      readonly state: 'needsAttention';
      readonly kind: HostFailureKind;
      readonly cause: string;
      /** What more is known of it. */
      readonly failure?: TransportFailure;
    };

/** libvirt's hardware side of a host. */
export interface HostNode {
  readonly hostname: string;
  readonly cpuModel: string;
  readonly cpus: number;
  readonly mhz: number;
  readonly memoryKiB: number;
  /** `9.0.0` */
  readonly libvirtVersion: string;
  /** `QEMU`, `TEST`, … */
  readonly hypervisor: string;
  /** `7.2.22`; undefined where the driver does not tell. */
  readonly hypervisorVersion: string | undefined;
}

/** Everything known of a host at one moment. Never changes; a later moment is another object. */
export interface Host {
  readonly name: string;
  readonly uri: string;
  readonly status: HostStatus;
  readonly node: HostNode | undefined;
  /** By UUID. */
  readonly domains: ReadonlyMap<string, Domain>;
  readonly networks: ReadonlyMap<string, Network>;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Counts the changes of node devices and secrets, whose lists are read when somebody looks. */
  readonly devicesRevision: number;
  readonly secretsRevision: number;
  /** Milliseconds since the epoch of the last complete reading; undefined before the first. */
  readonly readAt: number | undefined;
  /** What could not be read and why, in sentences. */
  readonly problems: readonly string[];
  /** Grows with every change. */
  readonly revision: number;
}

/** Whether its VMs and their states are known, if only from before. Networks, pools and figures may follow. */
export function isListed({ status, readAt }: Host): boolean {
  return readAt !== undefined || status.state === 'connected' || status.state === 'readOnly';
}

/** Whether calls can be made. */
export function isReachable(status: HostStatus): boolean {
  return status.state === 'connected' || status.state === 'readOnly' || status.state === 'degraded';
}
