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
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(header.program, 4);
  message.writeUInt32BE(protocolVersion, 8);
  message.writeInt32BE(header.procedure, 12);
  message.writeInt32BE(header.type, 16);
  message.writeUInt32BE(header.serial, 20);
  message.writeInt32BE(header.status, 24);
  return message;
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
  #chunks: Buffer[] = [];
  #buffered = 0;

  /**
   * Adds bytes and yields the messages that are complete now.
   * @throws ProtocolError on an impossible length or version; the stream cannot be followed any further then.
   */
  *push(chunk: Buffer): Generator<Frame, void> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#buffered < length) {
        return;
      }
      yield decodeFrame(this.#takeMessage(length));
    }
  }

  #nextLength(): number | undefined {
    if (this.#buffered < lengthBytes) {
      return undefined;
    }
    let [first = Buffer.alloc(0)] = this.#chunks;
    if (first.length < lengthBytes) {
      first = Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    const length = first.readUInt32BE(0);
    if (length < frameOverhead || length > maxMessageBytes + lengthBytes) {
      throw new ProtocolError(`A message claims to have ${length} bytes.`);
    }
    return length;
  }

  /** Chunks are joined only here, once, so that a large message costs one copy and no reservation in advance. */
  #takeMessage(length: number): Buffer {
    const [first] = this.#chunks;
    const all = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#buffered = rest.length;
    return all.subarray(0, length);
  }
}

function decodeFrame(message: Buffer): Frame {
  const version = message.readUInt32BE(8);
  if (version !== protocolVersion) {
    throw new ProtocolError(`A message has protocol version ${version}.`);
  }
  return {
    header: {
      program: message.readUInt32BE(4),
      procedure: message.readInt32BE(12),
      type: message.readInt32BE(16),
      serial: message.readUInt32BE(20),
      status: message.readInt32BE(24),
    },
    body: message.subarray(frameOverhead),
  };
}
