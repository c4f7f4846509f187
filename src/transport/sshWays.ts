import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import type { Dialer } from '../libvirt/dialer.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { HostUri } from '../libvirt/uri.ts';
import type { SshHostName } from './ssh/listSshHosts.ts';
import type { SshEnvironment } from './ssh/sshEnvironment.ts';
import type { SshPrompts } from './ssh/sshPrompts.ts';
import type { SshClientChoice } from './ssh/sshTarget.ts';

export interface SshDialersOptions {
  readonly clock: Clock;
  /** Never given a secret. */
  readonly log: Log;
  /** Who can be asked; undefined where nobody can. */
  readonly prompts: SshPrompts | undefined;
  /** Of this machine and its user, looked at whenever a machine is to be reached; a test's own. */
  readonly environment?: (() => SshEnvironment) | undefined;
}

/** The ways over SSH of one window or program, of which each machine has one connection. */
export interface SshDialers extends Disposable {
  dialer(uri: HostUri, choice: SshClientChoice): Dialer;
  listHosts(): Promise<readonly SshHostName[]>;
}

/** Stands for {@link SshDialers} until the first host needs them: they are large, and many people have local hosts only. */
export class SshWays implements Disposable {
  readonly #options: SshDialersOptions;
  #loaded: Promise<SshDialers> | undefined;
  #isDisposed = false;

  constructor(options: SshDialersOptions) {
    this.#options = options;
  }

  /** The way to the daemon that a URI names; nothing is loaded before it is dialled. */
  dialer(uri: HostUri, choice: SshClientChoice = 'auto'): Dialer {
    let loaded: Dialer | undefined;
    return {
      place: `${uri.host ?? ''} (${uri.daemonUri})`,
      get route() {
        return loaded?.route;
      },
      dial: async (options) => {
        loaded ??= (await this.#load()).dialer(uri, choice);
        return loaded.dial(options);
      },
    };
  }

  /**
   * The hosts that the user's SSH configuration names, to choose from.
   * @throws TransportError of kind `sshConfig` for a file that cannot be read
   */
  async listHosts(): Promise<readonly SshHostName[]> {
    return (await this.#load()).listHosts();
  }

  #load(): Promise<SshDialers> {
    if (this.#isDisposed) {
      return Promise.reject(new TransportError('closed', 'The window is closing.'));
    }
    this.#loaded ??= load(this.#options);
    return this.#loaded;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#loaded?.then(
      (dialers) => {
        dialers.dispose();
      },
      () => undefined,
    );
  }
}

async function load(options: SshDialersOptions): Promise<SshDialers> {
  // A bundle of its own: see esbuild.mjs
  const { createSshDialers } = await import('./ssh/createSshDialers.ts');
  return createSshDialers(options);
}
