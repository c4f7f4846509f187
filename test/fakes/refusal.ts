import { errorCode } from '../../src/libvirt/errors.ts';

/** Thrown by a handler of a fake daemon: the call is answered with libvirt's error reply. */
export class Refusal extends Error {
  readonly code: number;
  readonly domain: number;
  readonly level: number;
  readonly details: readonly (string | null)[];

  constructor(
    code: number,
    message: string,
    options: {
      readonly domain?: number;
      readonly level?: number;
      /** libvirt's str1, str2 and str3. */
      readonly details?: readonly (string | null)[];
    } = {},
  ) {
    super(message);
    this.code = code;
    this.domain = options.domain ?? errorDomain.qemu;
    this.level = options.level ?? 2;
    this.details = options.details ?? [];
  }
}

/** The parts of libvirt whose refusals the fakes imitate (`virErrorDomain`). */
export const errorDomain = { rpc: 7, qemu: 10, polkit: 60 } as const;

export function noSuchDomain(name: string): Refusal {
  return new Refusal(
    errorCode.noDomain,
    `Domain not found: no domain with matching name '${name}'`,
    { details: ['Domain not found: %s', `no domain with matching name '${name}'`, null] },
  );
}

/** What a driver answers that lacks a function. */
export function notSupported(procedure: string): Refusal {
  return new Refusal(
    errorCode.noSupport,
    `this function is not supported by the connection driver: ${procedure}`,
  );
}

/** What the daemon itself answers before any driver is asked. */
export function rpcRefusal(message: string): Refusal {
  return new Refusal(errorCode.rpc, message, { domain: errorDomain.rpc });
}
