/** Bytes that do not follow the protocol: too short, too long, over a limit, or of an unknown shape. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Why no bytes went through. */
export type TransportErrorKind =
  /** There is no socket, program or name at that place. */
  | 'absent'
  /** Something is there, but nobody listens. */
  | 'refused'
  /** We are not allowed to use it. */
  | 'permission'
  /** It did not answer in time. */
  | 'timeout'
  /** It was open and is closed now. */
  | 'closed'
  /** What answers there is not a libvirt daemon. */
  | 'notLibvirt'
  /** The daemon has no driver for what the URI asks for. */
  | 'driver'
  /** The daemon wants a proof of identity that failed. */
  | 'authentication'
  /** This kind of address or authentication is not supported. */
  | 'unsupported'
  /** There is no way to the machine just now: it is off, or the network leads nowhere. */
  | 'unreachable'
  /** The machine showed an SSH key that nobody vouched for yet, another than before, or one that was revoked. */
  | 'hostKeyUnknown'
  | 'hostKeyChanged'
  | 'hostKeyRevoked'
  /** The SSH server did not let us in. */
  | 'login'
  /** The SSH server let us in and then forbade every way to the daemon's socket. */
  | 'forbidden'
  /** The user's SSH configuration cannot be followed. */
  | 'sshConfig';

/** What is known of a failure beyond its kind, for buttons and further questions. */
export type TransportFailure =
  | {
      readonly about: 'hostKey';
      /** As it is looked up in known_hosts: `host`, or `[host]:port`. */
      readonly host: string;
      /** `ssh-ed25519`, … */
      readonly keyType: string;
      /** `SHA256:…` */
      readonly fingerprint: string;
      /** The entries that say otherwise: another key, or that this one was revoked. */
      readonly known: readonly KnownHostKey[];
      /** Where an accepted key would be written. */
      readonly file: string | undefined;
    }
  | {
      readonly about: 'login';
      readonly user: string;
      readonly host: string;
      /** What was tried, in order, for people: "key SHA256:… of the agent: refused". */
      readonly tried: readonly string[];
      /** What a person could give that nobody was there to be asked for, or did not give. */
      readonly wants: 'passphrase' | 'password' | 'answers' | undefined;
      /** The server hung up since too many keys were offered. */
      readonly tooMany: boolean;
    }
  | { readonly about: 'socket'; readonly tried: readonly WayFailure[] };

/** An entry of a known_hosts file. */
interface KnownHostKey {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly keyType: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** A way to a socket over SSH that did not work. */
interface WayFailure {
  readonly way: SocketWay;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** How bytes get from an SSH server to a daemon's socket: by the server itself, or by a program there. */
export type SocketWay = 'forward' | 'helper' | 'netcat';

/**
 * What is known of a call that failed on its way:
 * `notSent` never left us and may be repeated; of `unknown` the daemon may have done it or not, so look.
 */
export type CallOutcome = 'notSent' | 'unknown';

/** A connection could not be opened, or a call did not get through. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: TransportErrorKind;
  /** Only of a call's failure. */
  readonly outcome: CallOutcome | undefined;
  /** Of some kinds: the facts behind the message. */
  readonly failure: TransportFailure | undefined;

  constructor(
    kind: TransportErrorKind,
    message: string,
    options: ErrorOptions & {
      readonly outcome?: CallOutcome;
      readonly failure?: TransportFailure;
    } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.outcome = options.outcome;
    this.failure = options.failure;
  }

  /** Told by its mark and not by its class, which a part that is loaded later has a copy of (see esbuild.mjs). */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'TransportError';
  }
}

/** A refusal by libvirt itself, as it came over the wire. Tell them apart by {@link code}, never by text. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  /** `virErrorNumber`, see {@link errorCode}. */
  readonly code: number;
  /** `virErrorDomain`: the part of libvirt that refused. */
  readonly domain: number;
  /** `virErrorLevel`: 1 warning, 2 error. */
  readonly level: number;
  /** libvirt's own further fields, for the log. */
  readonly details: readonly string[];

  constructor(fields: {
    readonly code: number;
    readonly domain: number;
    readonly level: number;
    readonly message: string;
    readonly details: readonly string[];
    readonly procedure: string;
  }) {
    super(fields.message);
    this.code = fields.code;
    this.domain = fields.domain;
    this.level = fields.level;
    this.details = fields.details;
    this.procedure = fields.procedure;
  }

  /** The procedure that was refused, for the log. */
  readonly procedure: string;
}

/** The `virErrorNumber` values this project tells apart (include/libvirt/virterror.h). */
export const errorCode = {
  internalError: 1,
  noSupport: 3,
  invalidArgument: 8,
  operationFailed: 9,
  operationDenied: 29,
  rpc: 39,
  noDomain: 42,
  authFailed: 45,
  noStoragePool: 49,
  noStorageVolume: 50,
  noNetwork: 43,
  operationInvalid: 55,
  operationTimeout: 68,
  argumentUnsupported: 74,
  operationAborted: 78,
  authCancelled: 79,
  noDomainMetadata: 80,
  agentUnresponsive: 86,
  authUnavailable: 94,
} as const;
