import { decodeBody } from '../../src/libvirt/decode.ts';
import { messageStatus, messageType, type Frame } from '../../src/libvirt/frame.ts';
import { PackedDomainStats } from '../../src/libvirt/protocol/domainStats.ts';
import { program } from '../../src/libvirt/protocol/procedure.ts';
import { eventMessages, procedures } from '../../src/libvirt/protocol/table.ts';
import { remoteErrorCodec } from '../../src/libvirt/protocol/types.ts';
import type { Codec } from '../../src/libvirt/xdr/codec.ts';

/** The codec of a frame's body; undefined of those that have none: keepalive and a stream's bytes. */
export function codecOf({ header }: Frame): Codec<unknown> | undefined {
  if (header.program === program.keepalive) {
    return undefined;
  }
  if (header.status === messageStatus.error) {
    return remoteErrorCodec;
  }
  switch (header.type) {
    case messageType.reply:
      return procedures.find((row) => row.number === header.procedure)?.ret;
    case messageType.message:
      return eventMessages.find((row) => row.number === header.procedure)?.message;
    default:
      return undefined;
  }
}

/** What a frame says. Of keepalive and streams the header says most of it. */
export function meaningOf(frame: Frame): unknown {
  const { header, body } = frame;
  if (header.program === program.keepalive) {
    return {
      keepalive: header.procedure === 1 ? 'ping' : 'pong',
      type: header.type,
      serial: header.serial,
      bytes: body.length,
    };
  }
  const codec = codecOf(frame);
  const value = codec && decodeBody(codec, body);
  if (header.type !== messageType.stream) {
    return value;
  }
  const { name } = procedures.find((row) => row.number === header.procedure)!;
  const stream = { stream: name, serial: header.serial };
  switch (header.status) {
    case messageStatus.continue:
      return { ...stream, status: 'continue', data: new Uint8Array(body) };
    case messageStatus.ok:
      return { ...stream, status: 'ok', bytes: body.length };
    default:
      return { ...stream, status: 'error', error: value };
  }
}

/** Values that JSON lacks, marked. */
export function marked(_key: string, value: unknown): unknown {
  if (value instanceof PackedDomainStats) {
    return { dom: value.dom, params: [...value.params] };
  }
  if (typeof value === 'bigint') {
    return `${value}n`;
  }
  return value instanceof Uint8Array ? `hex:${Buffer.from(value).toString('hex')}` : value;
}
