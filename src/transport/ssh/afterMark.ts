import type { Duplex } from 'node:stream';
import { onAbort } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { CancelledError } from '../../base/errors.ts';

export interface AfterMarkOptions {
  readonly mark: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What did not come, and what came instead. */
export class NoDaemonError extends Error {
  override readonly name = 'NoDaemonError';
  /** Whether our command was run at all. */
  readonly sawMark: boolean;

  constructor(message: string, sawMark: boolean) {
    super(message);
    this.sawMark = sawMark;
  }
}

/** A ping of libvirt's keepalive program, which a daemon answers at any time, and its answer. */
const ping = Buffer.from('0000001c6b6565700000000100000001000000020000000000000000', 'hex');
const pongLength = 28;
/** More than any greeting a shell's start-up files print. */
const mostNoiseBytes = 1 << 20;

/**
 * Waits until a program at the far end is connected to a libvirt daemon: for the mark, after which what comes is the
 * daemon's, and for its answer to a ping. What comes after is left in the stream.
 * @throws NoDaemonError, CancelledError; the stream is destroyed then
 */
export function afterMark(stream: Duplex, options: AfterMarkOptions): Promise<void> {
  const { mark, clock, timeoutMs, signal } = options;
  const watches = new DisposableStore();
  let received = Buffer.alloc(0);
  let sawMark = false;
  return new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      watches.dispose();
      stream.on('error', () => undefined); // it is over already
      stream.destroy();
      reject(error);
    };
    const onEnd = (): void => {
      fail(new NoDaemonError('it ended', sawMark));
    };
    const onError = (error: Error): void => {
      fail(error);
    };
    // Read and not listened to, which leaves the stream as it was for who listens next
    const onReadable = (): void => {
      const chunk = stream.read() as Buffer | null; // all there is
      if (chunk) {
        take(chunk);
      }
    };
    const take = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      if (!sawMark) {
        const at = findMark(received, mark);
        if (at === undefined) {
          if (received.length > mostNoiseBytes) {
            fail(new NoDaemonError('it only prints something else', false));
          }
          return;
        }
        sawMark = true;
        received = received.subarray(at);
        stream.write(ping);
      }
      if (received.length >= pongLength) {
        if (received.readUInt32BE(4) !== ping.readUInt32BE(4)) {
          fail(new NoDaemonError('what answers is not a libvirt daemon', true));
          return;
        }
        watches.dispose();
        const rest = received.subarray(pongLength);
        if (rest.length > 0) {
          stream.unshift(rest);
        }
        resolve();
      }
    };
    stream
      .on('readable', onReadable)
      .once('end', onEnd)
      .once('close', onEnd)
      .once('error', onError);
    watches.add({
      dispose: () => {
        stream
          .off('readable', onReadable)
          .off('end', onEnd)
          .off('close', onEnd)
          .off('error', onError);
      },
    });
    watches.add(
      clock.after(timeoutMs, () => {
        fail(new NoDaemonError(`nothing came within ${timeoutMs / 1000} s`, sawMark));
      }),
    );
    if (signal) {
      watches.add(
        onAbort(signal, () => {
          fail(new CancelledError('Reaching the daemon', { cause: signal.reason }));
        }),
      );
    }
  });
}

/** Where what follows the mark's line begins. */
function findMark(bytes: Buffer, mark: string): number | undefined {
  for (const end of ['\n', '\r\n']) {
    const at = bytes.indexOf(mark + end);
    if (at >= 0) {
      return at + mark.length + end.length;
    }
  }
  return undefined;
}
