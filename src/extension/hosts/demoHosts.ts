import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { CancelledError, messageOf } from '../../base/errors.ts';
import type { DemoDialer } from '../../demo/createDemoDialer.ts';
import type { Dialer } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import type { SshClientChoice } from '../../transport/ssh/sshTarget.ts';

/** @param ssh which SSH client is to reach a host of another machine */
export type CreateDialer = (uri: HostUri, clock: Clock, ssh?: SshClientChoice) => Dialer;

/**
 * The simulated hosts of this window, each made when it is first connected and kept until the window closes:
 * a host goes on while nobody is connected to it. Nothing of the simulation is loaded before that.
 */
export class DemoHosts implements Disposable {
  readonly #hosts = new Map<string, Promise<DemoDialer>>();
  #isDisposed = false;

  /**
   * The way to simulated hosts too, where `createDialer` knows that to all others. Dialling one whose parameters
   * make no sense fails with a TransportError of kind `unsupported`.
   */
  offerWith(createDialer: CreateDialer): CreateDialer {
    return (uri, clock, ssh) => {
      if (uri.driver !== 'demo') {
        return createDialer(uri, clock, ssh);
      }
      return {
        place: 'the simulated host',
        dial: async (dialOptions) => {
          const host = await this.#host(uri, clock);
          if (dialOptions.signal?.aborted) {
            throw new CancelledError('Dialling', { cause: dialOptions.signal.reason });
          }
          return host.dial(dialOptions);
        },
      };
    };
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const host of this.#hosts.values()) {
      host.then(
        (dialer) => {
          dialer.dispose();
        },
        () => undefined,
      );
    }
    this.#hosts.clear();
  }

  #host({ text, parameters }: HostUri, clock: Clock): Promise<DemoDialer> {
    if (this.#isDisposed) {
      return Promise.reject(new TransportError('closed', 'The window is closing.'));
    }
    const known = this.#hosts.get(text);
    if (known) {
      return known;
    }
    const host = createHost(parameters, clock);
    this.#hosts.set(text, host);
    host.catch(() => this.#hosts.delete(text));
    return host;
  }
}

async function createHost(parameters: HostUri['parameters'], clock: Clock): Promise<DemoDialer> {
  // A bundle of its own: see esbuild.mjs
  const { createDemoDialer } = await import('../../demo/createDemoDialer.ts');
  try {
    return createDemoDialer(parameters, clock);
  } catch (error) {
    // The other bundle has classes of its own: its errors are none of ours
    throw new TransportError('unsupported', messageOf(error), { cause: error });
  }
}
