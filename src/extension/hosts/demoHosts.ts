import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { DemoDialer } from '../../demo/createDemoDialer.ts';
import { parseDemoUri, type DemoUriOptions } from '../../demo/demoUri.ts';
import type { Dialer } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';

export type CreateDialer = (uri: HostUri, clock: Clock) => Dialer;

/**
 * The simulated hosts of this window, each made when it is first connected and kept until the window closes:
 * a host goes on while nobody is connected to it. Nothing of the simulation is loaded before that.
 */
export class DemoHosts implements Disposable {
  readonly #hosts = new Map<string, Promise<DemoDialer>>();
  #isDisposed = false;

  /**
   * The way to simulated hosts too, where `createDialer` knows that to all others.
   * @throws TransportError of kind `unsupported` for a parameter that is wrong.
   */
  offerWith(createDialer: CreateDialer): CreateDialer {
    return (uri, clock) => {
      if (uri.driver !== 'demo') {
        return createDialer(uri, clock);
      }
      const options = parseDemoUri(uri.parameters);
      return {
        place: 'the simulated host',
        dial: async (dialOptions) => (await this.#host(uri.text, options, clock)).dial(dialOptions),
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

  #host(text: string, options: DemoUriOptions, clock: Clock): Promise<DemoDialer> {
    if (this.#isDisposed) {
      return Promise.reject(new TransportError('closed', 'The window is closing.'));
    }
    const known = this.#hosts.get(text);
    if (known) {
      return known;
    }
    const host = createHost(options, clock);
    this.#hosts.set(text, host);
    host.catch(() => this.#hosts.delete(text));
    return host;
  }
}

async function createHost(options: DemoUriOptions, clock: Clock): Promise<DemoDialer> {
  // A bundle of its own: see esbuild.mjs
  const { createDemoDialer } = await import('../../demo/createDemoDialer.ts');
  return createDemoDialer(options, clock);
}
