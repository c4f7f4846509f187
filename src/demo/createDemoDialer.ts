import type { Clock } from '../base/clock.ts';
import { CancelledError } from '../base/errors.ts';
import type { Dialer } from '../libvirt/dialer.ts';
import { DemoDaemon } from './demoDaemon.ts';
import { createMemoryPipe } from './memoryPipe.ts';
import type { DemoUriOptions } from './demoUri.ts';

/** A way to a simulated host that lives in this process, and what ends it. */
export interface DemoDialer extends Dialer {
  readonly daemon: DemoDaemon;
  /** Ends the host: until then it goes on, whoever connects and leaves. */
  dispose(): void;
}

/** Makes a simulated host of its own; every dial is another client of the same. */
export function createDemoDialer(options: DemoUriOptions, clock: Clock): DemoDialer {
  const daemon = new DemoDaemon({ ...options, clock });
  for (const name of options.stuck) {
    daemon.faults.setStuck(name, true);
  }
  return {
    place: 'the simulated host',
    daemon,
    dial: ({ readOnly, signal }) => {
      if (signal?.aborted) {
        return Promise.reject(new CancelledError('Dialling', { cause: signal.reason }));
      }
      const [client, server] = createMemoryPipe();
      daemon.accept(server, { isReadOnly: readOnly });
      return Promise.resolve(client);
    },
    dispose: () => {
      daemon.dispose();
    },
  };
}
