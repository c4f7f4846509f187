import type { Duplex } from 'node:stream';
import type { DialOptions, DialRoute, Dialer } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import type { SshDialers, SshDialersOptions } from '../sshWays.ts';
import { listSshHosts, type SshHostName } from './listSshHosts.ts';
import { canAsk } from '../openssh/askpass.ts';
import { openSshClient } from '../openssh/openSshClient.ts';
import { hasKerberosTicket } from './kerberosTicket.ts';
import { resolveTarget } from './resolveTarget.ts';
import { SecretMemory } from './secretMemory.ts';
import { JumpPool } from './jumpPool.ts';
import { mayNeedOpenSsh, type Ssh2Connection } from './ssh2Connection.ts';
import { SharedHost, type SshClient } from './sharedHost.ts';
import { ssh2Client } from './ssh2Client.ts';
import { processSshEnvironment, type SshEnvironment } from './sshEnvironment.ts';
import type { SshClientChoice, SshTarget } from './sshTarget.ts';
import type { SshHost } from './sshHost.ts';

/** Makes the ways over SSH of one window or program. Loaded when the first host needs one (see esbuild.mjs). */
export function createSshDialers(options: SshDialersOptions): SshDialers {
  return new Pool(options);
}

/** What all machines of a window have in common. */
interface Shared {
  readonly secrets: SecretMemory;
  readonly jumps: JumpPool<Ssh2Connection>;
}

/** Hosts by what of a URI leads to them: those that differ only in their daemon share a connection. */
class Pool implements SshDialers {
  readonly #options: SshDialersOptions;
  readonly #shared: Shared = { secrets: new SecretMemory(), jumps: new JumpPool() };
  readonly #machines = new Map<string, Machine>();

  constructor(options: SshDialersOptions) {
    this.#options = options;
  }

  dialer(uri: HostUri, choice: SshClientChoice): Dialer {
    const { keyfile = '', known_hosts: knownHosts = '' } = uri.parameters;
    const slot = [choice, uri.user, uri.host, uri.port, keyfile, knownHosts].join(' ');
    const machine =
      this.#machines.get(slot) ?? new Machine(uri, choice, this.#options, this.#shared);
    this.#machines.set(slot, machine);
    return {
      place: uri.host ?? '',
      get route() {
        return machine.route;
      },
      dial: (options) => machine.dial(uri, options),
    };
  }

  listHosts(): Promise<readonly SshHostName[]> {
    const { environment = processSshEnvironment } = this.#options;
    return listSshHosts(environment());
  }

  dispose(): void {
    for (const machine of this.#machines.values()) {
      machine.close();
    }
    this.#machines.clear();
  }
}

/** One machine, and the client that reaches it: the configuration is read anew whenever it is not connected. */
class Machine {
  readonly #uri: HostUri;
  readonly #choice: SshClientChoice;
  readonly #options: SshDialersOptions;
  readonly #shared: Shared;
  #host: SshHost | undefined;
  /** What the host was made of, to see whether it still holds. */
  #madeOf = '';
  #resolving: Promise<SshHost> | undefined;
  /** OpenSSH got in where our own client did not, so it is asked at once. */
  #needsOpenSsh = false;

  constructor(uri: HostUri, choice: SshClientChoice, options: SshDialersOptions, shared: Shared) {
    this.#uri = uri;
    this.#choice = choice;
    this.#options = options;
    this.#shared = shared;
  }

  get route(): DialRoute | undefined {
    return this.#host?.route;
  }

  async dial(uri: HostUri, options: DialOptions): Promise<Duplex> {
    const host = await this.#current();
    try {
      return await host.dial(uri, options);
    } catch (error) {
      const isWorthIt =
        error instanceof TransportError &&
        mayNeedOpenSsh.has(error) &&
        this.#choice === 'auto' &&
        !this.#needsOpenSsh;
      if (!isWorthIt) {
        throw error;
      }
      this.#options.log.info(`${uri.text}: trying OpenSSH: ${error.message}`);
      this.#needsOpenSsh = true;
      host.close();
      return (await this.#current()).dial(uri, options);
    }
  }

  close(): void {
    this.#host?.close();
  }

  #current(): Promise<SshHost> {
    if (this.#host?.isConnected) {
      return Promise.resolve(this.#host);
    }
    this.#resolving ??= this.#resolve().finally(() => {
      this.#resolving = undefined;
    });
    return this.#resolving;
  }

  async #resolve(): Promise<SshHost> {
    const environment = (this.#options.environment ?? processSshEnvironment)();
    const target = await resolveTarget(this.#uri, environment);
    const client = this.#clientFor(target, environment);
    const madeOf = JSON.stringify([target, this.#needsOpenSsh]);
    if (!this.#host || madeOf !== this.#madeOf) {
      this.#host?.close();
      this.#host = new SharedHost(target, this.#options, client);
      this.#madeOf = madeOf;
    }
    return this.#host;
  }

  /** @throws TransportError of kind `unsupported` if no client can */
  #clientFor(target: SshTarget, environment: SshEnvironment): SshClient {
    const isBeyondUs = target.unsupported.length > 0 || this.#needsOpenSsh;
    if (this.#choice === 'ssh2' || (this.#choice === 'auto' && !isBeyondUs)) {
      return ssh2Client(this.#options, {
        ...this.#shared,
        openSsh:
          this.#choice === 'auto' && target.hasOpenSsh
            ? {
                hasTicket: (signal) => hasKerberosTicket(environment, signal),
                canAsk: canAsk(environment),
              }
            : undefined,
      });
    }
    if (!target.hasOpenSsh) {
      const reasons = this.#choice === 'openssh' ? [] : target.unsupported;
      throw new TransportError(
        'unsupported',
        [
          `${target.alias} is to be reached by OpenSSH's client, which is not installed here (Debian: openssh-client; Windows: the optional feature "OpenSSH Client").`,
          ...reasons,
        ].join(' '),
      );
    }
    return openSshClient(this.#options, { environment, secrets: this.#shared.secrets });
  }
}
