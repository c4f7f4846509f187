import type { Clock } from '../base/clock.ts';
import { toError } from '../base/errors.ts';
import { LibvirtError, ProtocolError } from './errors.ts';
import { remoteErrorCodec } from './protocol/types.ts';
import type { Codec } from './xdr/codec.ts';
import { XdrReader } from './xdr/reader.ts';

/** A body larger than this is decoded in steps, so that it never holds up the event loop. */
const steppedDecodeBytes = 64 * 1024;
/**
 * How long decoding may hold the event loop at a time. The goal for the whole product is 20 ms, and moving what
 * was decoded out of the young generation can take the garbage collector most of that at one go.
 */
const sliceMs = 2;
/** Looking at the clock costs about as much as decoding a small record; a large one may take 0.1 ms. */
const stepsPerLook = 8;

/**
 * Decodes a whole message body.
 * @throws ProtocolError if the bytes do not follow the layout or some are left over.
 */
export function decodeBody<T>(codec: Codec<T>, body: Buffer): T {
  const reader = new XdrReader(body);
  const value = codec.read(reader);
  reader.end();
  return value;
}

export function needsSteps(codec: Codec<unknown>, body: Buffer): boolean {
  return codec.readInSteps !== undefined && body.length > steppedDecodeBytes;
}

/** Decodes like {@link decodeBody}, but gives way to other work of the event loop every few milliseconds. */
export function decodeInSteps<T>(codec: Codec<T>, body: Buffer, clock: Clock): Promise<T> {
  const reader = new XdrReader(body);
  const steps = codec.readInSteps?.(reader);
  return new Promise((resolve, reject) => {
    if (!steps) {
      resolve(decodeBody(codec, body));
      return;
    }
    const slice = (): void => {
      try {
        const until = clock.monotonic() + sliceMs;
        for (let step = 1; ; step++) {
          const next = steps.next();
          if (next.done) {
            reader.end();
            resolve(next.value);
            return;
          }
          if (step % stepsPerLook === 0 && clock.monotonic() > until) {
            clock.soon(slice);
            return;
          }
        }
      } catch (error) {
        reject(toError(error));
      }
    };
    slice();
  });
}

/** Reads what a daemon sends instead of a result. */
export function decodeRemoteError(body: Buffer, procedure: string): LibvirtError | ProtocolError {
  try {
    const wire = decodeBody(remoteErrorCodec, body);
    return new LibvirtError({
      code: wire.code,
      domain: wire.domain,
      level: wire.level,
      message: wire.message ?? `libvirt gave no text for error ${wire.code}.`,
      details: [wire.str1, wire.str2, wire.str3].filter((detail) => detail !== null),
      procedure,
    });
  } catch (error) {
    return new ProtocolError(`The error reply to ${procedure} cannot be read.`, { cause: error });
  }
}
