import { errorCode } from '../libvirt/errors.ts';

/** Thrown while a call is served: it is answered with libvirt's error reply. */
export class DemoRefusal extends Error {
  override readonly name = 'DemoRefusal';
  readonly code: number;
  /** `virErrorDomain`: the part of libvirt that refuses. */
  readonly domain: number;
  /** libvirt's str1, its text with a place for the detail, and str2, the detail. */
  readonly format: string;
  readonly detail: string | null;

  constructor(code: number, domain: number, format: string, detail: string | null = null) {
    super(detail === null ? format : format.replace('%s', () => detail));
    this.code = code;
    this.domain = domain;
    this.format = format;
    this.detail = detail;
  }
}

/** The parts of libvirt whose refusals are imitated (`virErrorDomain`). */
export const refusalDomain = {
  rpc: 7,
  qemu: 10,
  storage: 18,
  network: 19,
  domain: 20,
  streams: 38,
} as const;

/** What a VM's state does not allow; `part` is who notices in libvirt. */
export function invalidOperation(detail: string, part: number = refusalDomain.domain): DemoRefusal {
  return new DemoRefusal(
    errorCode.operationInvalid,
    part,
    'Requested operation is not valid: %s',
    detail,
  );
}

export function operationFailed(detail: string, part: number = refusalDomain.domain): DemoRefusal {
  return new DemoRefusal(errorCode.operationFailed, part, 'operation failed: %s', detail);
}

export function internalError(detail: string, part: number = refusalDomain.qemu): DemoRefusal {
  return new DemoRefusal(errorCode.internalError, part, 'internal error: %s', detail);
}

export function invalidArgument(detail: string, part: number): DemoRefusal {
  return new DemoRefusal(errorCode.invalidArgument, part, 'invalid argument: %s', detail);
}

export function noDomain(detail: string): DemoRefusal {
  return new DemoRefusal(errorCode.noDomain, refusalDomain.qemu, 'Domain not found: %s', detail);
}

/** Another call holds the VM for too long. */
export function stateChangeLocked(holder: string): DemoRefusal {
  return new DemoRefusal(
    errorCode.operationTimeout,
    refusalDomain.qemu,
    'Timed out during operation: %s',
    `cannot acquire state change lock (held by monitor=${holder})`,
  );
}

export function agentUnresponsive(detail: string): DemoRefusal {
  return new DemoRefusal(
    errorCode.agentUnresponsive,
    refusalDomain.qemu,
    'Guest agent is not responding: %s',
    detail,
  );
}

export function readOnlyForbids(apiName: string): DemoRefusal {
  return new DemoRefusal(
    errorCode.operationDenied,
    0,
    'operation forbidden: %s',
    `read only access prevents ${apiName}`,
  );
}

/** What a driver answers that lacks a function. */
export function notSupported(apiName: string): DemoRefusal {
  return new DemoRefusal(
    errorCode.noSupport,
    0,
    'this function is not supported by the connection driver: %s',
    apiName,
  );
}

/** What the daemon itself answers before any driver is asked. */
export function rpcRefusal(message: string): DemoRefusal {
  return new DemoRefusal(errorCode.rpc, refusalDomain.rpc, message);
}

/** `virErrorNumber` values that only a daemon has use for. */
const daemonErrorCode = { noConnect: 5, noName: 21, xmlError: 27, xmlDetail: 35 } as const;

export function noDriver(uri: string): DemoRefusal {
  return new DemoRefusal(
    daemonErrorCode.noConnect,
    0,
    'no connection driver available for %s',
    uri,
  );
}

export function missingName(): DemoRefusal {
  return new DemoRefusal(daemonErrorCode.noName, refusalDomain.domain, 'missing name information');
}

/** XML that means nothing to libvirt. */
export function xmlError(detail: string): DemoRefusal {
  return new DemoRefusal(daemonErrorCode.xmlError, refusalDomain.domain, 'XML error: %s', detail);
}

/** XML that is none. */
export function malformedXml(detail: string): DemoRefusal {
  return new DemoRefusal(daemonErrorCode.xmlDetail, refusalDomain.domain, '%s', detail);
}
