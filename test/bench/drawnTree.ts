import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { DisposableStore, type Disposable } from '../../src/base/disposable.ts';
import { Emitter } from '../../src/base/event.ts';
import { silentLog } from '../../src/base/log.ts';
import { HostRegistry } from '../../src/extension/hosts/hostRegistry.ts';
import { HostsTreeModel } from '../../src/extension/views/hosts/hostsTreeModel.ts';
import type { TreeNode } from '../../src/extension/views/hosts/nodes.ts';
import { watching } from '../../src/extension/watching.ts';
import type { HostSession } from '../../src/inventory/hostSession.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { parseHostUri } from '../../src/libvirt/uri.ts';
import { createDialer } from '../../src/transport/createDialer.ts';
import { plainL10n } from '../fakes/plainL10n.ts';

/** One time that rows were drawn. */
interface Batch {
  /** Nodes that the model named; a host among them stands for all below it. */
  readonly nodes: number;
  /** Rows that were made. */
  readonly rows: number;
}

/**
 * The Hosts view without the editor: the same model over the same sessions, and who asks it for what the editor
 * would, all rows of hosts that are open included.
 */
export class DrawnTree implements Disposable {
  readonly inventory = new Inventory(systemClock);
  readonly batches: Batch[] = [];
  readonly #registry: HostRegistry;
  readonly #model: HostsTreeModel;
  readonly #store = new DisposableStore();
  /** Rows below each host when it was drawn last. */
  readonly #drawnOf = new Map<string, number>();

  constructor(uris: readonly string[]) {
    const { inventory } = this;
    this.#store.add(inventory);
    this.#registry = this.#store.add(
      new HostRegistry({ inventory, createDialer, clock: systemClock, log: silentLog }),
    );
    this.#model = this.#store.add(
      new HostsTreeModel({
        registry: this.#registry,
        inventory,
        activities: { get: () => undefined, onDidChange: new Emitter<never>().event },
        addresses: (session, uuid) => session.addresses.of(uuid).map(({ address }) => address),
        clock: systemClock,
        l10n: plainL10n,
      }),
    );
    this.#store.add(
      this.#model.onDidChange((nodes) => {
        void (nodes ? this.#draw(nodes) : this.drawAll());
      }),
    );
    this.#registry.update(
      uris.map((uri, index) => ({
        ...{ name: `host-${index + 1}`, uri: parseHostUri(uri), order: index },
        ...{ autoConnect: false, readOnly: false },
      })),
      { samplesInBackground: true },
    );
  }

  get sessions(): readonly HostSession[] {
    return this.inventory.sessions;
  }

  /** Somebody looks at the view, with the window in front, until the result is disposed. */
  look(): Disposable {
    const interests = watching({
      ...{ isVisible: true, isFocused: true, showsAllFigures: false, unfocusedMs: 30_000 },
    });
    return this.inventory.observe(...interests);
  }

  /** Connects all hosts; resolves once each has been read and was drawn, as it changed, with a row for every VM. */
  async connect(): Promise<void> {
    const ready = this.sessions.map(async (session) => {
      session.connect();
      await session.whenReady(AbortSignal.timeout(120_000));
    });
    await Promise.all(ready);
    while (this.sessions.some(({ name, domainCount }) => this.#drawnOf.get(name) !== domainCount)) {
      await delay(2);
    }
  }

  /** Makes all rows again; how many there are. */
  async drawAll(): Promise<number> {
    const drawn = await this.#model.childrenSoon();
    const rows = await this.#drawNodes(drawn);
    this.batches.push({ nodes: drawn.length, rows });
    return rows;
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #draw(nodes: readonly TreeNode[]): Promise<void> {
    this.batches.push({ nodes: nodes.length, rows: await this.#drawNodes(nodes) });
  }

  /** As the editor asks: for all rows of a level at once, then for what stands below each. */
  async #drawNodes(nodes: readonly TreeNode[]): Promise<number> {
    const rows = await Promise.all(nodes.map(async (node) => this.#model.rowSoon(node)));
    let count = rows.filter((row) => row !== undefined).length;
    for (const node of nodes) {
      if (node.kind !== 'vm') {
        const below = await this.#drawNodes(await this.#model.childrenSoon(node));
        count += below;
        if (node.kind === 'host') {
          this.#drawnOf.set(node.host, below);
        }
      }
    }
    return count;
  }
}
