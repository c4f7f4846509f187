import { decodeRemoteError } from './decode.ts';
import { ProtocolError } from './errors.ts';
import { encodeHeader, messageStatus, messageType, type Frame } from './frame.ts';
import type { PendingCall } from './callQueue.ts';
import { RpcStream } from './stream.ts';

interface Wire {
  /** Sends a message; resolves when its bytes have left. */
  write(header: Buffer, body: Uint8Array): Promise<void>;
  /** Whether more bytes are wanted, of the whole connection. */
  setReading(isReading: boolean): void;
}

/** The streams of a connection, by the serial of the call that opened each. */
export class OpenStreams {
  readonly #wire: Wire;
  readonly #streams = new Map<number, RpcStream>();
  /** The serials of streams whose readers fell behind. */
  readonly #full = new Set<number>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** The stream that a call has opened. */
  add({ serial, procedure }: PendingCall): RpcStream {
    const stream = new RpcStream({
      send: (status, body) =>
        this.#wire.write(
          encodeHeader(
            {
              program: procedure.program,
              procedure: procedure.number,
              type: messageType.stream,
              serial,
              status,
            },
            body.length,
          ),
          body,
        ),
      setReading: (isReading) => {
        this.#setReading(serial, isReading);
      },
      release: () => {
        this.#streams.delete(serial);
      },
    });
    this.#streams.set(serial, stream);
    return stream;
  }

  /** Gives a message to its stream, unless we gave that up while it was on its way. */
  dispatch({ header, body }: Frame): void {
    const stream = this.#streams.get(header.serial);
    if (!stream) {
      return;
    }
    if (header.status === messageStatus.error) {
      stream.fail(decodeRemoteError(body, 'the stream'));
    } else if (header.status === messageStatus.ok) {
      stream.complete();
    } else if (header.type === messageType.streamHole) {
      stream.fail(new ProtocolError('The stream has a hole, which was not asked for.'));
    } else {
      stream.receive(body);
    }
  }

  failAll(cause: Error): void {
    for (const stream of [...this.#streams.values()]) {
      stream.fail(cause);
    }
  }

  /** Reads on only while no stream has more unread than it may. */
  #setReading(serial: number, isReading: boolean): void {
    const wasReading = this.#full.size === 0;
    if (isReading) {
      this.#full.delete(serial);
    } else {
      this.#full.add(serial);
    }
    const isNowReading = this.#full.size === 0;
    if (isNowReading !== wasReading) {
      this.#wire.setReading(isNowReading);
    }
  }
}
