import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Places } from '../base/places.ts';
import type { Connection } from '../libvirt/connection.ts';
import { LibvirtError } from '../libvirt/errors.ts';
import type { HostModel } from './hostModel.ts';
import { applyLifecycleEvent, type LifecycleEvent } from './lifecycleEvent.ts';
import type { OpenObjects } from './openObjects.ts';
import { HeldUpError, PartReader, type Caller } from './partReader.ts';
import { readDomainLists } from './readDomainLists.ts';
import { readDomain, readFigures, withFigures } from './readDomains.ts';
import { readNetworks, readNode, readPools } from './readResources.ts';
import { Slices } from '../base/slices.ts';
import { subscribe, type EventSink } from './subscriptions.ts';

export interface HostReaderOptions {
  readonly connection: Connection;
  readonly model: HostModel;
  readonly openObjects: OpenObjects;
  /** Shared with the readings of other hosts. */
  readonly readings?: Places | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** An event is often one of several about the same domain: what it changed is read when they are through. */
const settleMs = 30;
/** Above this many touched domains one reading of all is cheaper than one of each. */
const maxSingleReads = 50;
/** A VM that changes each time it is read is left until it settles. */
const maxReadAttempts = 3;
/** Figures of that many domains go out as one change. */
const figuresBatch = 100;

/**
 * Keeps the picture of a host true over one connection: reads everything once, follows the events, and reads
 * again what an event leaves open. Events are applied as they come; a reading that was under way meanwhile
 * does not overwrite them.
 */
export class HostReader implements EventSink, Disposable {
  readonly #connection: Connection;
  readonly #model: HostModel;
  readonly #openObjects: OpenObjects;
  readonly #readings: Places | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #disposables = new DisposableStore();
  readonly #dirty = new Set<string>();
  /** Domains that events spoke of, or that were read by themselves, while a reading of all was under way. */
  readonly #overtaken = new Set<string>();
  #reading: Promise<void> | undefined;
  /** Whether that has begun. */
  #isReading = false;
  #onListed: (() => void) | undefined;
  #readAgain = false;
  #settling: Disposable | undefined;
  #networksDirty = false;
  #poolsDirty = false;
  #problems = new Map<string, string>();
  readonly #networks: PartReader;
  readonly #pools: PartReader;

  constructor(options: HostReaderOptions) {
    this.#connection = options.connection;
    this.#model = options.model;
    this.#openObjects = options.openObjects;
    this.#readings = options.readings;
    this.#clock = options.clock;
    this.#log = options.log;
    const { model } = options;
    this.#networks = this.#part('networks', async (caller) => {
      model.replaceNetworks(await readNetworks(caller));
    });
    this.#pools = this.#part('storage pools', async (caller) => {
      model.replacePools(await readPools(caller));
    });
  }

  /**
   * Subscribes, then reads everything: nothing that happens in between is lost.
   * @param onListed - called when the VMs and their states are known, which can be acted on then
   */
  async start(onListed: () => void): Promise<void> {
    this.#onListed = onListed;
    await subscribe(this.#connection, this, this.#log);
    this.#disposables.add(
      this.#connection.onDidLoseEvent(() => {
        this.#refreshSoon('an event could not be read');
      }),
    );
    await this.refresh();
  }

  dispose(): void {
    this.#settling?.dispose();
    this.#disposables.dispose();
  }

  /** Reads everything again. A call while a reading is under way waits for one that starts after it. */
  refresh(): Promise<void> {
    if (this.#reading) {
      // One that waits for its place yet reads what this call wants
      this.#readAgain = this.#isReading;
      return this.#reading;
    }
    const reading = this.#readings ? this.#readings.run(() => this.#readAll()) : this.#readAll();
    this.#reading = reading.finally(() => {
      this.#reading = undefined;
      this.#isReading = false;
    });
    return this.#reading;
  }

  /** Reads one domain again, now. */
  async refreshDomain(uuid: string): Promise<void> {
    await this.#readDomain(uuid);
    await this.#openObjects.rereadDomain(uuid);
  }

  lifecycle(event: LifecycleEvent): void {
    const outcome = applyLifecycleEvent(this.#model.domain(event.uuid), event, this.#clock.now());
    this.#overtaken.add(event.uuid);
    switch (outcome.kind) {
      case 'put':
        this.#model.putDomain(outcome.domain);
        this.domainTouched(event.uuid);
        return;
      case 'removed':
        this.#model.removeDomain(event.uuid);
        this.#dirty.delete(event.uuid);
        return;
      case 'contradiction':
        this.#refreshSoon(`event ${event.event} of ${event.name} contradicts what was known`);
        return;
      case 'none':
        this.domainTouched(event.uuid);
        return;
    }
  }

  domainTouched(uuid: string): void {
    this.#dirty.add(uuid);
    this.#settleSoon();
  }

  networksTouched(): void {
    this.#networksDirty = true;
    this.#settleSoon();
  }

  poolsTouched(): void {
    this.#poolsDirty = true;
    this.#settleSoon();
  }

  devicesTouched(): void {
    this.#model.devicesChanged();
  }

  secretsTouched(): void {
    this.#model.secretsChanged();
  }

  async #readAll(): Promise<void> {
    this.#isReading = true;
    for (;;) {
      this.#overtaken.clear();
      const problems = new Map<string, string>();
      // States first: that is what a person looks at
      const withoutFigures = await this.#readDomainLists();
      this.#onListed?.();
      this.#onListed = undefined;
      await Promise.all([
        collectProblem(problems, 'host', async () => {
          this.#model.setNode(await readNode(this.#connection));
        }),
        collectProblem(problems, 'networks', () => this.#networks.read()),
        collectProblem(problems, 'storage pools', () => this.#pools.read()),
      ]);
      await this.#readFigures(withoutFigures);
      this.#problems = problems;
      this.#model.setProblems([...problems.values()]);
      this.#model.setReadAt(this.#clock.now());
      await this.#openObjects.rereadAll();
      if (!this.#takeReadAgain()) {
        return;
      }
    }
  }

  /** Somebody asked for a reading while one was under way. */
  #takeReadAgain(): boolean {
    const wanted = this.#readAgain;
    this.#readAgain = false;
    return wanted;
  }

  /**
   * Takes the lists over in slices. What an event said since they were asked for is newer: it stays, and is read
   * once more by itself.
   * @returns those whose figures the lists did not tell.
   */
  async #readDomainLists(): Promise<readonly string[]> {
    const { uuids, withoutFigures } = await readDomainLists(this.#connection, this.#clock, {
      known: (uuid) => this.#model.domain(uuid),
      put: (domain) => {
        if (!this.#overtaken.has(domain.uuid)) {
          this.#model.putDomain(domain);
        }
      },
    });
    const slices = new Slices(this.#clock);
    for (const { uuid } of [...this.#model.domains()]) {
      if (!uuids.has(uuid) && !this.#overtaken.has(uuid)) {
        this.#model.removeDomain(uuid);
      }
      if (slices.step()) {
        await slices.rest();
      }
    }
    for (const uuid of this.#overtaken) {
      this.domainTouched(uuid);
    }
    return withoutFigures;
  }

  async #readFigures(uuids: readonly string[]): Promise<void> {
    for (let at = 0; at < uuids.length; at += figuresBatch) {
      const figures = await Promise.all(
        uuids.slice(at, at + figuresBatch).map(async (uuid) => {
          const domain = this.#model.domain(uuid);
          return domain && { uuid, figures: await readFigures(this.#connection, domain) };
        }),
      );
      for (const entry of figures) {
        const domain = entry && this.#model.domain(entry.uuid);
        if (domain && entry.figures) {
          this.#model.putDomain(withFigures(domain, entry.figures));
        }
      }
    }
  }

  #part(name: string, read: (caller: Caller) => Promise<void>): PartReader {
    const onRelease = (): void => {
      this.#refreshSoon(`the ${name} answer again`);
    };
    return new PartReader({ connection: this.#connection, name, read, onRelease });
  }

  /** What an event made of the VM while it was read is newer than the reading, which is then made again. */
  async #readDomain(uuid: string): Promise<void> {
    for (let attempt = 0; attempt < maxReadAttempts; attempt++) {
      const known = this.#model.domain(uuid);
      const domain = await readDomain(this.#connection, uuid, known);
      if (this.#model.domain(uuid) !== known) {
        continue;
      }
      // Lists that are being read may be older than this
      this.#overtaken.add(uuid);
      if (domain) {
        this.#model.putDomain(domain);
      } else {
        this.#model.removeDomain(uuid);
      }
      return;
    }
    this.domainTouched(uuid);
  }

  #refreshSoon(why: string): void {
    this.#log.info(`reading everything again: ${why}`);
    this.refresh().catch((error: unknown) => {
      this.#logFailure('reading everything', error);
    });
  }

  #settleSoon(): void {
    this.#settling ??= this.#clock.after(settleMs, () => {
      this.#settling = undefined;
      this.#settle().catch((error: unknown) => {
        this.#logFailure('reading what changed', error);
      });
    });
  }

  async #settle(): Promise<void> {
    const uuids = [...this.#dirty];
    this.#dirty.clear();
    if (uuids.length > maxSingleReads) {
      await this.refresh();
      return;
    }
    const networks = this.#networksDirty;
    const pools = this.#poolsDirty;
    this.#networksDirty = false;
    this.#poolsDirty = false;
    await Promise.all([
      ...uuids.map((uuid) => this.refreshDomain(uuid)),
      ...(networks ? [this.#networks.read(), this.#openObjects.rereadNetworks()] : []),
      ...(pools ? [this.#pools.read(), this.#openObjects.rereadPools()] : []),
    ]);
  }

  /** A lost connection is told by whoever holds it; anything else is a problem of the host. */
  #logFailure(what: string, error: unknown): void {
    this.#log.warn(`${what} failed: ${messageOf(error)}`);
    if (error instanceof HeldUpError) {
      this.#problems.set(error.part, error.message);
    } else if (error instanceof LibvirtError) {
      this.#problems.set(what, `${messageOf(error)} (${what})`);
    } else {
      return;
    }
    this.#model.setProblems([...this.#problems.values()]);
  }
}

/** A part of the host that libvirt does not show is a sentence for the person, not the end of the reading. */
async function collectProblem(
  problems: Map<string, string>,
  what: string,
  read: () => Promise<void>,
): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (error instanceof HeldUpError) {
      problems.set(what, error.message);
    } else if (error instanceof LibvirtError) {
      problems.set(what, `The ${what} of this host could not be read: ${error.message}`);
    } else {
      throw error;
    }
  }
}
