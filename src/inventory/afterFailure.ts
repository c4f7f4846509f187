import { LibvirtError, TransportError, type TransportErrorKind } from '../libvirt/errors.ts';
import type { HostFailureKind, HostStatus } from '../model/host.ts';
import { backoffMs } from './backoff.ts';

const reconnect = { firstMs: 1_000, maxMs: 60_000 };
/** A machine that comes back, or whose network does, is to be seen again within ten seconds. */
const remoteReconnect = { firstMs: 1_000, maxMs: 8_000 };

/** Waiting does not mend these. */
const needsAttention: ReadonlySet<HostFailureKind> = new Set<TransportErrorKind>([
  'permission',
  'authentication',
  'driver',
  'notLibvirt',
  'unsupported',
  'hostKeyUnknown',
  'hostKeyChanged',
  'hostKeyRevoked',
  'login',
  'forbidden',
  'sshConfig',
]);

export interface FailedAttempt {
  readonly cause: Error;
  /** How many failed before it, since the host was last connected. */
  readonly attempt: number;
  /** Whether it is another machine. */
  readonly isRemote: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** From 0 to below 1; spreads reconnects of many hosts. */
  readonly random: () => number;
}

/** What becomes of a host that could not be reached or was lost, and how long it is left alone; Infinity if for good. */
export function afterFailure(failed: FailedAttempt): {
  readonly status: HostStatus;
  readonly delayMs: number;
} {
  const { cause, attempt, isRemote, now, random } = failed;
  const kind = failureKind(cause);
  if (needsAttention.has(kind)) {
    const failure = cause instanceof TransportError ? cause.failure : undefined;
    return {
      status: {
        state: 'needsAttention',
        kind,
        cause: cause.message,
        ...(failure && { failure }),
      },
      delayMs: Number.POSITIVE_INFINITY,
    };
  }
  const delayMs = backoffMs(attempt, { ...(isRemote ? remoteReconnect : reconnect), random });
  return {
    status: { state: 'disconnected', kind, cause: cause.message, retryAt: now + delayMs },
    delayMs,
  };
}

export function failureKind(error: unknown): HostFailureKind {
  if (error instanceof TransportError) {
    return error.kind;
  }
  return error instanceof LibvirtError ? 'libvirt' : 'internal';
}
