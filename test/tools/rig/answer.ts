import * as net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A call of AUTH_LIST (66) of the remote program: the one thing a daemon answers to anybody. */
const authList = Buffer.from(
  ['0000001c', '20008086', '00000001', '00000042', '00000000', '00000000', '00000000'].join(''),
  'hex',
);

function answersNow(socketPath: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: socketPath });
    const end = (): void => {
      finish(false);
    };
    const finish = (answered: boolean): void => {
      signal.removeEventListener('abort', end);
      socket.destroy();
      resolve(answered);
    };
    signal.addEventListener('abort', end, { once: true });
    socket.once('connect', () => socket.write(authList));
    socket.once('data', () => {
      finish(true);
    });
    socket.once('error', end);
    socket.once('close', end);
  });
}

/** Waits until a libvirt daemon answers at the socket. Ends without that only when `signal` aborts. */
export async function waitForAnswer(socketPath: string, signal: AbortSignal): Promise<void> {
  while (!(await answersNow(socketPath, signal))) {
    signal.throwIfAborted();
    await delay(10, undefined, { signal });
  }
}
