import { silentLog } from '../../../src/base/log.ts';
import { createDemoDialer, type DemoDialer } from '../../../src/demo/createDemoDialer.ts';
import { Connection } from '../../../src/libvirt/connection.ts';
import { connectOpen } from '../../../src/libvirt/protocol/connect.ts';
import { domainLookupByName } from '../../../src/libvirt/protocol/domain.ts';
import type { WireDomain } from '../../../src/libvirt/protocol/types.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

/** A simulated host on a clock moved by hand, and a client of it. */
export interface OpenDemo {
  readonly clock: FakeClock;
  readonly dialer: DemoDialer;
  readonly connection: Connection;
  /** Another client. */
  readonly connect: (options?: { readonly readOnly?: boolean }) => Promise<Connection>;
  readonly lookup: (name: string) => Promise<WireDomain>;
  /** Lets time pass until something that takes its time is done. */
  readonly during: <T>(action: Promise<T>) => Promise<T>;
}

export async function openDemo(
  options: {
    readonly vms?: number;
    readonly seed?: number;
    /** What goes wrong, as in a URI. */
    readonly faults?: Readonly<Record<string, string>>;
  } = {},
): Promise<OpenDemo> {
  const { vms = 12, seed = 1, faults } = options;
  const clock = new FakeClock();
  const dialer = createDemoDialer({ vms: String(vms), seed: String(seed), ...faults }, clock);
  const during = async <T>(action: Promise<T>): Promise<T> => {
    const progress = { isDone: false };
    const settled = action.finally(() => {
      progress.isDone = true;
    });
    settled.catch(() => undefined);
    for (let step = 0; step < 1_200; step++) {
      await clock.advance(progress.isDone ? 0 : 50);
      if (progress.isDone) {
        return settled;
      }
    }
    throw new Error('Not done within a minute.');
  };
  const connect = async ({ readOnly = false } = {}): Promise<Connection> => {
    const connection = new Connection(await dialer.dial({ readOnly }), { clock, log: silentLog });
    await during(connection.call(connectOpen, { name: null, flags: 0 }));
    return connection;
  };
  const connection = await connect();
  return {
    clock,
    dialer,
    connection,
    connect,
    lookup: async (name) => (await during(connection.call(domainLookupByName, { name }))).dom,
    during,
  };
}
