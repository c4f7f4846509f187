import { silentLog, type Log } from '../../src/base/log.ts';
import { Connection, type ConnectionOptions } from '../../src/libvirt/connection.ts';
import { FakeClock } from './fakeClock.ts';
import type { FakeConnection } from './fakeConnection.ts';
import { FakeDaemon, type FakeDaemonOptions } from './fakeDaemon.ts';

/** A connection to a fake daemon, past authentication and opening, with hands on both ends. */
export interface Connected {
  readonly clock: FakeClock;
  readonly daemon: FakeDaemon;
  /** The daemon's side of the connection. */
  readonly server: FakeConnection;
  readonly connection: Connection;
  /** What the connection logged as warnings and errors. */
  readonly logged: readonly string[];
}

export function createConnected(
  options: Omit<Partial<ConnectionOptions>, 'clock' | 'log'> &
    FakeDaemonOptions & { readonly highWaterMark?: number } = {},
): Connected {
  const clock = new FakeClock();
  const daemon = new FakeDaemon(options);
  const logged: string[] = [];
  const record = (message: string): void => {
    logged.push(message);
  };
  const log: Log = { ...silentLog, warn: record, error: record };
  const connection = new Connection(daemon.connect(options), { ...options, clock, log });
  const server = daemon.latest;
  server.opened = { name: 'test:///default', flags: 0 };
  return { clock, daemon, server, connection, logged };
}

/** A failed promise's reason; keeps a rejection that is looked at later from counting as unhandled. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`This should have failed, but gave ${JSON.stringify(value)}.`);
    },
    (error: unknown) => error,
  );
}
