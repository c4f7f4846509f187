import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import * as connect from '../libvirt/protocol/connect.ts';
import { handleConnect } from './connectHandlers.ts';
import { Churn } from './churn.ts';
import { DemoFaults } from './demoFaults.ts';
import type { FaultPlan } from './faultPlan.ts';
import { DemoTime } from './demoTime.ts';
import { handleActions } from './domainActions.ts';
import { handleDomains } from './domainHandlers.ts';
import { handleGuests } from './guestHandlers.ts';
import { Lifecycle } from './lifecycle.ts';
import { ManagedSave } from './managedSave.ts';
import { handleNetworks } from './networkHandlers.ts';
import { changesSomething, publicName } from './publicNames.ts';
import { internalError, notSupported, readOnlyForbids, refusalDomain } from './refusal.ts';
import { ServerConnection } from './serverConnection.ts';
import { Handlers, type ServedCall } from './serving.ts';
import { handleStorage } from './storageHandlers.ts';
import { World, type WorldOptions } from './world.ts';

export interface DemoDaemonOptions extends WorldOptions {
  readonly clock: Clock;
  /** How many states change each second by themselves; none unless told. */
  readonly eventsPerSecond?: number | undefined;
  /** What is to go wrong. */
  readonly faults?: FaultPlan | undefined;
}

/** Calls that need no opened driver. */
const beforeOpen: ReadonlySet<string> = new Set([
  connect.authList.name,
  connect.connectOpen.name,
  connect.connectSupportsFeature.name,
]);

/**
 * A simulated libvirt daemon: the server half of the protocol over the client's own tables, with a world of VMs
 * that follows from a seed. It behaves as libvirtd with QEMU does; where it differs, it is wrong.
 */
export class DemoDaemon {
  readonly world: World;
  readonly faults: DemoFaults;
  readonly #time: DemoTime;
  readonly #handlers = new Handlers();
  readonly #connections = new Set<ServerConnection>();

  /** @throws TransportError of kind `unsupported` for planned faults of what there is not */
  constructor(options: DemoDaemonOptions) {
    this.#time = new DemoTime(options.clock);
    this.world = new World(options, this.#time);
    const lifecycle = new Lifecycle(this.world);
    this.faults = new DemoFaults(this.world, lifecycle, () => {
      this.dropConnections();
    });
    handleConnect(this.#handlers, this.world);
    handleDomains(this.#handlers, this.world, lifecycle);
    handleActions(this.#handlers, this.world, lifecycle, new ManagedSave(this.world, lifecycle));
    handleGuests(this.#handlers, this.world, lifecycle);
    handleNetworks(this.#handlers, this.world, lifecycle);
    handleStorage(this.#handlers, this.world);
    if (options.eventsPerSecond !== undefined && options.eventsPerSecond > 0) {
      new Churn(this.world).start(options.eventsPerSecond);
    }
    if (options.faults) {
      this.faults.follow(options.faults);
    }
  }

  /** Serves a client over its pipe. */
  accept(duplex: Duplex, options: { readonly isReadOnly?: boolean } = {}): void {
    const connection = new ServerConnection(duplex, {
      answer: (args, call) => this.#answer(args, call),
      time: this.#time,
      isReadOnly: options.isReadOnly ?? false,
    });
    this.#connections.add(connection);
    connection.onClose(() => {
      this.#connections.delete(connection);
    });
  }

  /** Drops every client, as a daemon does that is killed and comes back. */
  dropConnections(): void {
    for (const connection of [...this.#connections]) {
      connection.drop();
    }
  }

  /** Ends it with everything that was still to happen. */
  dispose(): void {
    this.#time.dispose();
    this.dropConnections();
  }

  async #answer(args: unknown, call: ServedCall): Promise<unknown> {
    const { procedure, client } = call;
    if (client.openedUri === undefined && !beforeOpen.has(procedure.name)) {
      throw internalError('hypervisor connection not open', refusalDomain.rpc);
    }
    if (client.isReadOnly && changesSomething(procedure)) {
      throw readOnlyForbids(publicName(procedure));
    }
    const handler = this.#handlers.get(procedure);
    if (!handler) {
      throw notSupported(publicName(procedure));
    }
    await this.faults.before(procedure.name);
    return handler(args, call);
  }
}
