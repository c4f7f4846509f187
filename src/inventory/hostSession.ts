import { onAbort } from '../base/abort.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { messageOf, toError } from '../base/errors.ts';
import { Emitter } from '../base/event.ts';
import type { Log } from '../base/log.ts';
import { untilTrue } from '../base/untilTrue.ts';
import type { CallOptions } from '../libvirt/connection.ts';
import type { Dialer, DialRoute } from '../libvirt/dialer.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { Procedure } from '../libvirt/protocol/procedure.ts';
import type { RpcStream } from '../libvirt/stream.ts';
import type { HostUri } from '../libvirt/uri.ts';
import type { Domain } from '../model/domain.ts';
import { isReachable, type Host, type HostStatus } from '../model/host.ts';
import { afterFailure, failureKind } from './afterFailure.ts';
import { AddressBook } from './addresses.ts';
import { Attention, type Interest } from './attention.ts';
import type { HostChange } from './changes.ts';
import { HostLink } from './hostLink.ts';
import { HostModel } from './hostModel.ts';
import { HostReader } from './hostReader.ts';
import { OpenObjects } from './openObjects.ts';
import { Sampler } from './sampler.ts';
import type { Sharing } from './sharing.ts';

export interface HostSessionOptions {
  /** What people call the host. */
  readonly name: string;
  readonly uri: HostUri;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether looking is better than nothing when we may not act. */
  readonly allowReadOnly?: boolean;
  /** Never act, even where we might. */
  readonly readOnly?: boolean;
  /** From 0 to below 1; spreads reconnects of many hosts. */
  readonly random?: () => number;
  readonly sharing?: Sharing;
}

const rereadMs = 60_000;
/** How often a daemon that went silent is looked at again from outside. */
const recheckMs = 10_000;

/**
 * Our standing relation to one host: connects, keeps its picture and figures live, notices when it is gone and
 * comes back by itself.
 */
export class HostSession implements Disposable {
  readonly name: string;
  readonly sampler: Sampler;
  readonly addresses: AddressBook;
  readonly #options: HostSessionOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #model: HostModel;
  readonly #openObjects: OpenObjects;
  readonly #attention: Attention;
  readonly #changes = new Emitter<readonly HostChange[]>();
  #pending: HostChange[] = [];
  #link: HostLink | undefined;
  /** The link over which the VMs were listed: the host counts as connected. */
  #listedOver: HostLink | undefined;
  #reader: HostReader | undefined;
  /** Aborted to end the session's loop. */
  #running: AbortController | undefined;
  /** Somebody asked to connect and has not been answered: the next attempt may ask them back. */
  #isAskedFor = false;
  /** Aborted to end a wait between two attempts early. */
  #waiting: AbortController | undefined;
  #rereadTimer: Disposable | undefined;

  /** Fires with all that changed in one turn of the event loop. */
  readonly onDidChange = this.#changes.event;

  constructor(options: HostSessionOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#model = new HostModel(options.name, options.uri.text, (change) => {
      this.#report(change);
    });
    this.#openObjects = new OpenObjects({
      connection: () => this.#link?.fast,
      domain: (uuid) => this.#model.domain(uuid),
      network: (uuid) => this.#model.snapshot.networks.get(uuid),
      pool: (uuid) => this.#model.snapshot.pools.get(uuid),
      report: (change) => {
        this.#report(change);
      },
      clock: options.clock,
      log: options.log,
    });
    this.#attention = new Attention(() => {
      this.sampler.setInterest(this.#attention.current);
      this.addresses.setInterest(this.#attention.current);
      this.#scheduleReread();
    });
    const shared = {
      link: (): HostLink | undefined => this.#link,
      model: this.#model,
      report: (change: HostChange): void => {
        this.#report(change);
      },
      clock: options.clock,
      log: options.log,
    };
    this.addresses = new AddressBook(shared);
    this.sampler = new Sampler({
      ...shared,
      isOpen: (uuid) => this.#openObjects.isDomainOpen(uuid),
    });
  }

  /** The host as it is known now. */
  get snapshot(): Host {
    return this.#model.snapshot;
  }

  /** Of the snapshot; without making one, which costs a copy of all VMs after each change. */
  get status(): HostStatus {
    return this.#model.status;
  }

  /** A VM of the snapshot, likewise. */
  domain(uuid: string): Domain | undefined {
    return this.#model.domain(uuid);
  }

  /** All VMs of the snapshot, likewise; not to be kept, since they change. */
  domains(): Iterable<Domain> {
    return this.#model.domains();
  }

  /** How many they are. */
  get domainCount(): number {
    return this.#model.domainCount;
  }

  /** How the host is reached, of one of another machine that was dialled. */
  get route(): DialRoute | undefined {
    return this.#options.dialer.route;
  }

  /**
   * Starts to connect, or tries again at once when waiting to.
   * @param options `mayAsk` is false where nobody is waiting: then nobody is asked for a passphrase or a host key
   */
  connect({ mayAsk = true }: { readonly mayAsk?: boolean } = {}): void {
    this.#isAskedFor ||= mayAsk && this.#link === undefined;
    if (this.#running) {
      this.#waiting?.abort();
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.#run(running.signal).catch((error: unknown) => {
      this.#log.error(`The session ended: ${messageOf(error)}`);
      this.#model.setStatus({
        state: 'needsAttention',
        kind: failureKind(error),
        cause: messageOf(error),
      });
      this.#running = undefined;
    });
  }

  /** Ends the connection and stays so until {@link connect}. What was known is kept. */
  disconnect(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#closeLink(new TransportError('closed', `Disconnected from ${this.name}.`));
    this.#model.setStatus({ state: 'idle' });
  }

  dispose(): void {
    this.disconnect();
    this.#rereadTimer?.dispose();
    this.sampler.dispose();
    this.addresses.dispose();
    this.#changes.dispose();
  }

  /** The machine slept: a wait between two attempts may have been for nothing. */
  wake(): void {
    this.#waiting?.abort();
  }

  /** Somebody looks, until the result is disposed. */
  observe(interest: Interest): Disposable {
    return this.#attention.add(interest);
  }

  /** Keeps a VM's definitions, snapshots and device figures up to date until the result is disposed. */
  openDomain(uuid: string): Disposable {
    return this.#openObjects.openDomain(uuid);
  }

  openNetwork(uuid: string): Disposable {
    return this.#openObjects.openNetwork(uuid);
  }

  openPool(uuid: string): Disposable {
    return this.#openObjects.openPool(uuid);
  }

  /** Reads everything again. @throws TransportError if the host is not connected. */
  async refresh(): Promise<void> {
    await this.#connectedReader().refresh();
  }

  /** Reads one VM again, for instance after acting on it. @throws TransportError if the host is not connected. */
  async refreshDomain(uuid: string): Promise<void> {
    await this.#connectedReader().refreshDomain(uuid);
  }

  /** A call that returns at once. @throws TransportError if the host is not connected. */
  async call<Args, Ret>(
    procedure: Procedure<Args, Ret>,
    args: Args,
    options?: CallOptions,
  ): Promise<Ret> {
    return this.#connectedLink().fast.call(procedure, args, options);
  }

  /** Whether a call that may wait for a VM would be made at once, and not behind others. */
  get hasSlowPlace(): boolean {
    return this.#link?.hasSlowPlace ?? false;
  }

  /** A call that may wait for a VM. @throws TransportError if the host is not connected. */
  async callSlow<Args, Ret>(
    procedure: Procedure<Args, Ret>,
    args: Args,
    options?: CallOptions,
  ): Promise<Ret> {
    return this.#connectedLink().callSlow(procedure, args, options);
  }

  /** A call that opens a stream. @throws TransportError if the host is not connected. */
  async openStream<Args, Ret>(
    procedure: Procedure<Args, Ret> & { readonly stream: string },
    args: Args,
    options?: CallOptions,
  ): Promise<{ readonly ret: Ret; readonly stream: RpcStream }> {
    return this.#connectedLink().openStream(procedure, args, options);
  }

  /** Resolves when the host is connected and was read; rejects when the signal is aborted. */
  whenReady(signal?: AbortSignal): Promise<void> {
    const isReady = (): boolean =>
      this.#link?.fast.isClosed === false &&
      isReachable(this.#model.status) &&
      this.#model.snapshot.readAt !== undefined;
    return untilTrue(this.onDidChange, isReady, signal);
  }

  /** Connects, serves, and connects again, until told to end. */
  async #run(signal: AbortSignal): Promise<void> {
    const isEnded = (): boolean => signal.aborted;
    for (let attempt = 0; !isEnded(); attempt++) {
      this.#model.setStatus({ state: 'connecting' });
      let cause: Error;
      try {
        const { closed } = await this.#establish(signal);
        attempt = 0;
        cause = await closed;
      } catch (error) {
        cause = toError(error);
      }
      if (isEnded()) {
        return;
      }
      this.#closeLink(cause);
      this.#log.warn(`not connected: ${cause.message}`);
      if (this.#isAskedFor) {
        continue; // since this attempt began, which could not ask
      }
      const { status, delayMs } = afterFailure({
        ...{ cause, attempt, now: this.#clock.now() },
        isRemote: this.#options.uri.transport === 'ssh',
        random: this.#options.random ?? Math.random,
      });
      this.#model.setStatus(status);
      await this.#wait(delayMs, signal);
    }
  }

  /** @returns a promise for the reason why the connection ended. */
  async #establish(signal: AbortSignal): Promise<{ readonly closed: Promise<Error> }> {
    const link = await this.#openLink(signal);
    const closed = new Promise<Error>((resolve) => {
      link.onDidClose(resolve);
    });
    if (signal.aborted) {
      link.close();
      return { closed };
    }
    this.#link = link;
    link.fast.onDidChangeLiveness((alive) => {
      this.#livenessChanged(link, alive).catch((error: unknown) => {
        if (!signal.aborted) {
          this.#log.error(messageOf(error));
        }
      });
    });
    const reader = new HostReader({
      connection: link.fast,
      model: this.#model,
      openObjects: this.#openObjects,
      readings: this.#options.sharing?.readings,
      clock: this.#clock,
      log: this.#log,
    });
    this.#reader = reader;
    // Networks and pools may take their time: a pool that is busy answers late
    await reader.start(() => {
      this.#listedOver = link;
      this.#setConnected(link);
    });
    this.sampler.linkChanged();
    this.addresses.linkChanged();
    this.#scheduleReread();
    return { closed };
  }

  async #openLink(signal: AbortSignal): Promise<HostLink> {
    const { uri, dialer, clock, log, sharing } = this.#options;
    const { readOnly = false, allowReadOnly = false } = this.#options;
    const options = { uri, dialer, clock, log, turns: sharing?.turns, readOnly };
    const mayAsk = this.#isAskedFor;
    this.#isAskedFor = false;
    try {
      const open = (): Promise<HostLink> => HostLink.open(options, signal, mayAsk);
      return await (sharing ? sharing.turns.run(open) : open());
    } catch (error) {
      const isRefused =
        error instanceof TransportError &&
        (error.kind === 'permission' || error.kind === 'authentication');
      if (!isRefused || !allowReadOnly || readOnly) {
        throw error;
      }
      this.#log.info(`trying read-only: ${error.message}`);
      try {
        return await HostLink.open({ ...options, readOnly: true }, signal, mayAsk);
      } catch (readOnlyError) {
        this.#log.info(`read-only failed too: ${messageOf(readOnlyError)}`);
        throw error; // what the person has to mend is the first refusal
      }
    }
  }

  #setConnected(link: HostLink): void {
    this.#model.setStatus(link.isReadOnly ? { state: 'readOnly' } : { state: 'connected' });
    this.#log.info(
      `connected${link.isReadOnly ? ' read-only' : ''}, ${this.#model.domainCount} VMs`,
    );
  }

  async #livenessChanged(link: HostLink, alive: boolean): Promise<void> {
    if (alive) {
      if (this.#link === link && this.#model.status.state === 'degraded') {
        this.#log.info('the daemon answers again');
        if (this.#listedOver !== link) {
          this.#model.setStatus({ state: 'connecting' });
          return; // it goes on with its first list
        }
        this.#setConnected(link);
        await this.#reader?.refresh();
      }
    } else {
      await this.#checkSilence(link);
    }
  }

  /** The connection is silent. Is it the connection, or the daemon? */
  async #checkSilence(link: HostLink): Promise<void> {
    const since = this.#clock.now();
    const isSilent = (): boolean => this.#link === link && !link.fast.isAlive;
    while (isSilent()) {
      const answering = await link.isDaemonAnswering();
      if (!isSilent()) {
        return;
      }
      if (answering) {
        link.close(
          new TransportError('closed', 'The connection fell silent while the daemon is well.'),
        );
        return;
      }
      this.#model.setStatus({
        state: 'degraded',
        cause:
          'The libvirt daemon does not answer. Its VMs go on; what is shown is what was last known.',
        since,
      });
      await sleep(this.#clock, recheckMs, this.#running?.signal);
    }
  }

  #closeLink(cause: Error): void {
    this.#reader?.dispose();
    this.#reader = undefined;
    const link = this.#link;
    this.#link = undefined;
    this.#listedOver = undefined;
    link?.close(cause);
    this.sampler.linkChanged();
    this.addresses.linkChanged();
    this.#rereadTimer?.dispose();
    this.#rereadTimer = undefined;
  }

  /** Waits, but no longer than until somebody asks to connect, or the session is ended. */
  async #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    const watches = new DisposableStore();
    // Not by AbortSignal.any: who listens to that is kept until it is aborted
    await new Promise<void>((resolve) => {
      for (const ending of [waiting.signal, signal]) {
        watches.add(onAbort(ending, resolve));
      }
      if (Number.isFinite(delayMs)) {
        watches.add(this.#clock.after(delayMs, resolve));
      }
      if (signal.aborted) {
        resolve();
      }
    });
    watches.dispose();
    this.#waiting = undefined;
  }

  #scheduleReread(): void {
    const wanted = this.#link !== undefined && (this.#attention.current?.isVisible ?? false);
    if (!wanted) {
      this.#rereadTimer?.dispose();
      this.#rereadTimer = undefined;
      return;
    }
    this.#rereadTimer ??= this.#clock.after(rereadMs, () => {
      this.#rereadTimer = undefined;
      this.#reader?.refresh().catch((error: unknown) => {
        this.#log.warn(`reading again failed: ${messageOf(error)}`);
      });
      this.#scheduleReread();
    });
  }

  #connectedLink(): HostLink {
    if (!this.#link) {
      throw new TransportError('closed', `${this.name} is not connected.`, { outcome: 'notSent' });
    }
    return this.#link;
  }

  #connectedReader(): HostReader {
    this.#connectedLink();
    if (!this.#reader) {
      throw new TransportError('closed', `${this.name} is not connected.`, { outcome: 'notSent' });
    }
    return this.#reader;
  }

  #report(change: HostChange): void {
    this.addresses.domainChanged(change);
    if (this.#pending.push(change) === 1) {
      queueMicrotask(() => {
        const changes = this.#pending;
        this.#pending = [];
        this.#changes.fire(changes);
      });
    }
  }
}
