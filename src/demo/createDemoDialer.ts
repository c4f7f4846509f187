import type { Clock } from '../base/clock.ts';
import { CancelledError } from '../base/errors.ts';
import type { Dialer } from '../libvirt/dialer.ts';
import { DemoDaemon } from './demoDaemon.ts';
import { createMemoryPipe } from './memoryPipe.ts';
import { parseDemoUri } from './demoUri.ts';

/** A way to a simulated host that lives in this process, and what ends it. */
export interface DemoDialer extends Dialer {
  readonly daemon: DemoDaemon;
  /** Ends the host: until then it goes on, whoever connects and leaves. */
  dispose(): void;
}

/**
 * Makes a simulated host as the parameters of its URI say; every dial is another client of the same.
 * @throws TransportError of kind `unsupported` for parameters that make no sense
 */
export function createDemoDialer(
  parameters: Readonly<Record<string, string>>,
  clock: Clock,
): DemoDialer {
  const daemon = new DemoDaemon({ ...parseDemoUri(parameters), clock });
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
