import { ProtocolError } from './errors.ts';

/** `VIR_NET_MESSAGE_MAX`: the most bytes a message may have, its length word not counted. */
export const maxMessageBytes = 33_554_432;
/** The length word in front of every message; it counts itself. */
export const lengthBytes = 4;
/** program, version, procedure, type, serial, status. */
export const headerBytes = 24;
/** `VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX`: the most data every libvirt accepts in one stream message. */
export const maxStreamChunkBytes = 262_120;

/** `virNetMessageType`. */
export const messageType = {
  call: 0,
  reply: 1,
  /** An event. */
  message: 2,
  stream: 3,
  streamHole: 6,
} as const;

/** `virNetMessageStatus`. */
export const messageStatus = { ok: 0, error: 1, continue: 2 } as const;

/** The fixed part of every message. */
export interface Header {
  readonly program: number;
  readonly procedure: number;
  readonly type: number;
  /** Ties a reply or stream message to its call; says nothing in events, where libvirtd sends 1. */
  readonly serial: number;
  readonly status: number;
}

export interface Frame {
  readonly header: Header;
  /** What follows the header. A view: copy what you keep. */
  readonly body: Buffer;
}

/** All our programs speak version 1 of their protocol. */
const protocolVersion = 1;

/** Space to leave in front of a body for {@link sealFrame}. */
export const frameOverhead = lengthBytes + headerBytes;

/**
 * Completes a message whose body was written behind {@link frameOverhead} free bytes.
 * @throws ProtocolError if the message is larger than a daemon accepts.
 */
export function sealFrame(message: Buffer, header: Header): Buffer {
  checkMessageSize(message);
  writeHeader(message, header, message.length);
  return message;
}

/** What goes before a body that is sent by itself, to spare copying it. */
export function encodeHeader(header: Header, bodyBytes: number): Buffer {
  const start = Buffer.allocUnsafe(frameOverhead);
  writeHeader(start, header, frameOverhead + bodyBytes);
  return start;
}

function writeHeader(message: Buffer, header: Header, messageBytes: number): void {
  message.writeUInt32BE(messageBytes, 0);
  message.writeUInt32BE(header.program, 4);
  message.writeUInt32BE(protocolVersion, 8);
  message.writeInt32BE(header.procedure, 12);
  message.writeInt32BE(header.type, 16);
  message.writeUInt32BE(header.serial, 20);
  message.writeInt32BE(header.status, 24);
}

/** @throws ProtocolError if the message, overhead included, is larger than a daemon accepts. */
export function checkMessageSize(message: Buffer): void {
  if (message.length > maxMessageBytes + lengthBytes) {
    throw new ProtocolError(
      `A message of ${message.length} bytes exceeds the limit of ${maxMessageBytes}.`,
    );
  }
}

/** A message with a ready-made body. */
export function encodeFrame(header: Header, body: Uint8Array = new Uint8Array()): Buffer {
  const message = Buffer.allocUnsafe(frameOverhead + body.length);
  message.set(body, frameOverhead);
  return sealFrame(message, header);
}

/** Cuts a byte stream into messages, however it arrives. */
export class FrameDecoder {
  readonly #streamsInPieces: boolean;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** What is still to come of a stream message that is given in pieces. */
  #rest: { readonly header: Header; bytes: number } | undefined;

  /**
   * @param options.streamsInPieces gives data of streams as it arrives, each piece as a message of its own: it means the
   * same, and is neither waited for nor joined.
   */
  constructor(options: { readonly streamsInPieces?: boolean } = {}) {
    this.#streamsInPieces = options.streamsInPieces ?? false;
  }

  /**
   * Adds bytes and yields the messages that are complete now.
   * @throws ProtocolError on an impossible length or version; the stream cannot be followed any further then.
   */
  *push(chunk: Buffer): Generator<Frame, void> {
    if (chunk.length > 0) {
      this.#chunks.push(chunk);
      this.#buffered += chunk.length;
    }
    for (;;) {
      const frame = this.#rest ? this.#nextPiece(this.#rest) : this.#nextMessage();
      if (!frame) {
        return;
      }
      yield frame;
    }
  }

  #nextMessage(): Frame | undefined {
    const length = this.#first(lengthBytes)?.readUInt32BE(0);
    if (length === undefined) {
      return undefined;
    }
    if (length < frameOverhead || length > maxMessageBytes + lengthBytes) {
      throw new ProtocolError(`A message claims to have ${length} bytes.`);
    }
    if (this.#buffered >= length) {
      const message = this.#take(length);
      return { header: decodeHeader(message), body: message.subarray(frameOverhead) };
    }
    const start = this.#streamsInPieces && this.#first(frameOverhead);
    if (!start) {
      return undefined;
    }
    const header = decodeHeader(start);
    if (header.type !== messageType.stream || header.status !== messageStatus.continue) {
      return undefined;
    }
    this.#take(frameOverhead);
    this.#rest = { header, bytes: length - frameOverhead };
    return this.#nextPiece(this.#rest);
  }

  #nextPiece(rest: { readonly header: Header; bytes: number }): Frame | undefined {
    const [first] = this.#chunks;
    if (!first) {
      return undefined;
    }
    const bytes = Math.min(rest.bytes, first.length);
    rest.bytes -= bytes;
    if (rest.bytes === 0) {
      this.#rest = undefined;
    }
    return { header: rest.header, body: this.#take(bytes) };
  }

  /**
   * The first chunk, if there are so many bytes; it has them then. Chunks are joined only here, when all are there, so that a
   * large message costs one copy and no reservation in advance.
   */
  #first(bytes: number): Buffer | undefined {
    if (this.#buffered < bytes) {
      return undefined;
    }
    const [first] = this.#chunks;
    if (first && first.length >= bytes) {
      return first;
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  #take(bytes: number): Buffer {
    const first = this.#first(bytes) ?? Buffer.alloc(0);
    const rest = first.subarray(bytes);
    if (rest.length > 0) {
      this.#chunks[0] = rest;
    } else {
      this.#chunks.shift();
    }
    this.#buffered -= bytes;
    return first.subarray(0, bytes);
  }
}

/** @throws ProtocolError if the message is of another version of the protocol. */
function decodeHeader(message: Buffer): Header {
  const version = message.readUInt32BE(8);
  if (version !== protocolVersion) {
    throw new ProtocolError(`A message has protocol version ${version}.`);
  }
  return {
    program: message.readUInt32BE(4),
    procedure: message.readInt32BE(12),
    type: message.readInt32BE(16),
    serial: message.readUInt32BE(20),
    status: message.readInt32BE(24),
  };
}
