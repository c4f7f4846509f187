import type { Duplex } from 'node:stream';

/**
 * Has what is written in one turn of the event loop go out together. ssh2 writes each packet of 32 KB by itself, and each
 * would be a system call and a segment on the way: most of what an upload costs us.
 */
export function gatherWrites(socket: Duplex): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const uncork = (): void => {
    socket.uncork();
  };
  socket.write = (...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  };
}
