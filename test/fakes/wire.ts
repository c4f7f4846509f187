import type { remoteErrorCodec } from '../../src/libvirt/protocol/types.ts';
import type { Codec, Decoded } from '../../src/libvirt/xdr/codec.ts';
import { XdrReader } from '../../src/libvirt/xdr/reader.ts';
import { XdrWriter } from '../../src/libvirt/xdr/writer.ts';
import type { Refusal } from './refusal.ts';

/** A value as it travels. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter();
  codec.write(writer, value);
  return writer.bytes();
}

/** A value of which nothing may be left over. */
export function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  const reader = new XdrReader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

/** A refusal as libvirt sends it. */
export function wireError(refusal: Refusal): Decoded<typeof remoteErrorCodec> {
  const [str1 = null, str2 = null, str3 = null] = refusal.details;
  const { code, domain, message, level } = refusal;
  return {
    code,
    domain,
    message,
    level,
    dom: null,
    str1,
    str2,
    str3,
    int1: -1,
    int2: -1,
    net: null,
  };
}
