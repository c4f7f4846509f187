import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { addressSource } from '../libvirt/constants.ts';
import { errorCode, LibvirtError, TransportError } from '../libvirt/errors.ts';
import { domainInterfaceAddresses } from '../libvirt/protocol/domain.ts';
import type { Decoded } from '../libvirt/xdr/codec.ts';
import type { DomainAddress } from '../model/address.ts';
import { isActive, type Domain } from '../model/domain.ts';
import type { Wanted } from './attention.ts';
import type { HostChange } from './changes.ts';
import type { HostLink } from './hostLink.ts';
import type { HostModel } from './hostModel.ts';
import { wireDomain } from './readDomains.ts';

export interface AddressBookOptions {
  readonly link: () => HostLink | undefined;
  readonly model: HostModel;
  readonly report: (change: HostChange) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** When a VM that was just started is asked about, in milliseconds from then: a guest boots, then asks for a lease. */
const afterStartMs = [3_000, 6_000, 12_000, 25_000] as const;
/** Then: a guest keeps its address nearly always, and one without a lease may be about to get one. */
const againMs = { withLease: 300_000, without: 60_000 };
const maxInFlight = 2;
/** Who is due within the same second is asked together: waking up costs more than to ask. */
const togetherMs = 1_000;
/** As many are looked for at a time; meanwhile one may have started that is due sooner. */
const maxQueued = 128;
const leaseDeadlineMs = 5_000;
const agentDeadlineMs = 5_000;

/** What is known of one running instance of a VM. */
interface Entry {
  /** libvirt's number of the instance. */
  readonly id: number;
  /** Monotonic milliseconds when it was seen to start; undefined if it ran when we came. */
  readonly startedAt: number | undefined;
  /** Monotonic milliseconds when it is to be asked about next. */
  due: number;
  leases: readonly DomainAddress[];
  agent: readonly DomainAddress[];
}

/**
 * The addresses of a host's running VMs, read from libvirt's DHCP leases, which takes no word with their QEMU.
 * libvirt sends no event for a lease: it is read while somebody looks, soon after a VM starts and then
 * every few minutes.
 */
export class AddressBook implements Disposable {
  readonly #options: AddressBookOptions;
  readonly #entries = new Map<string, Entry>();
  /** Being asked about now. */
  readonly #asking = new Set<string>();
  /** Whose turn is next. */
  #queue: string[] = [];
  /** VMs whose agent has not answered an earlier question. */
  readonly #waitingForAgent = new Set<string>();
  #isVisible = false;
  /** The connection whose driver knows no leases. */
  #withoutLeases: HostLink | undefined;
  #timer: Disposable | undefined;

  constructor(options: AddressBookOptions) {
    this.#options = options;
  }

  /** What a VM's addresses are, IPv4 first; empty while it is off and until something is known. */
  of(uuid: string): readonly DomainAddress[] {
    const entry = this.#entries.get(uuid);
    if (!entry) {
      return [];
    }
    return entry.leases.length > 0 ? entry.leases : entry.agent;
  }

  setInterest(interest: Pick<Wanted, 'isVisible'> | undefined): void {
    this.#isVisible = interest?.isVisible ?? false;
    this.#work();
  }

  /** The host was connected or is gone. Addresses stay until they were read again. */
  linkChanged(): void {
    if (this.#options.link()) {
      const now = this.#options.clock.monotonic();
      for (const entry of this.#entries.values()) {
        entry.due = Math.min(entry.due, now);
      }
    }
    this.#work();
  }

  /** Follows the VMs as they start, stop, come and go. */
  domainChanged(change: HostChange): void {
    switch (change.kind) {
      case 'domainAdded':
        this.#follow(change.domain, false);
        break;
      case 'domainChanged':
        this.#follow(change.domain, true);
        break;
      case 'domainRemoved':
        this.#forget(change.domain.uuid);
        break;
      default:
    }
  }

  /**
   * Asks a VM's guest agent, which knows addresses that no lease of libvirt does; the answer is kept until the
   * VM stops.
   * @throws LibvirtError if there is no agent or it refuses, TransportError if it does not answer within 5 s.
   */
  async readAgentAddresses(uuid: string, signal?: AbortSignal): Promise<readonly DomainAddress[]> {
    const link = this.#options.link();
    const domain = this.#options.model.domain(uuid);
    if (!link || !domain) {
      throw new TransportError('closed', 'The host is not connected, or has no such VM.', {
        outcome: 'notSent',
      });
    }
    // Each question that hangs holds one of few places at the daemon
    if (this.#waitingForAgent.has(uuid)) {
      throw new TransportError(
        'timeout',
        `The guest agent of ${domain.name} has not answered the last question yet.`,
        { outcome: 'notSent' },
      );
    }
    this.#waitingForAgent.add(uuid);
    const answered = (): void => {
      this.#waitingForAgent.delete(uuid);
    };
    let isAbandoned = false;
    try {
      const { ifaces } = await link.callSlow(
        domainInterfaceAddresses,
        { dom: wireDomain(domain), source: addressSource.agent, flags: 0 },
        { signal, deadlineMs: agentDeadlineMs, onLateReply: answered },
      );
      const found = toAddresses(ifaces);
      this.#keep(uuid, domain.id, 'agent', found);
      return found;
    } catch (error) {
      isAbandoned =
        error instanceof CancelledError ||
        (error instanceof TransportError &&
          error.kind === 'timeout' &&
          error.outcome === 'unknown');
      throw error;
    } finally {
      if (!isAbandoned) {
        answered();
      }
    }
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#isVisible = false;
  }

  #follow(domain: Domain, wasKnown: boolean): void {
    const { uuid, id } = domain;
    if (!isActive(domain.state)) {
      this.#forget(uuid);
      return;
    }
    const before = this.#entries.get(uuid);
    if (before?.id === id) {
      return;
    }
    this.#forget(uuid);
    const now = this.#options.clock.monotonic();
    const isFresh = wasKnown || domain.stateSince !== undefined;
    this.#entries.set(uuid, {
      id,
      startedAt: isFresh ? now : undefined,
      due: isFresh ? now + afterStartMs[0] : now,
      leases: [],
      agent: [],
    });
    this.#work();
  }

  #forget(uuid: string): void {
    const had = this.of(uuid).length > 0;
    this.#entries.delete(uuid);
    this.#waitingForAgent.delete(uuid);
    if (had) {
      this.#options.report({ kind: 'addresses', uuids: [uuid] });
    }
  }

  /** Asks about those that are due, a few at a time, and sets the timer for the next. */
  #work(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    const link = this.#options.link();
    if (!this.#isVisible || !link || link === this.#withoutLeases) {
      this.#queue = [];
      return;
    }
    while (this.#asking.size < maxInFlight) {
      const uuid = this.#queue.shift() ?? this.#nextDue();
      if (uuid === undefined) {
        return;
      }
      const entry = this.#entries.get(uuid);
      if (entry && !this.#asking.has(uuid)) {
        this.#ask(link, uuid, entry);
      }
    }
    // The others have their turn when a call returns
  }

  /** @returns who is due, the others behind it queued; undefined if nobody is, with the timer set for the next */
  #nextDue(): string | undefined {
    const now = this.#options.clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const [uuid, { due }] of this.#entries) {
      if (this.#asking.has(uuid)) {
        continue;
      }
      next = Math.min(next, due);
      if (due <= now && this.#queue.push(uuid) === maxQueued) {
        break;
      }
    }
    if (this.#queue.length === 0 && Number.isFinite(next)) {
      const at = Math.ceil(next / togetherMs) * togetherMs;
      this.#timer = this.#options.clock.after(at - now, () => {
        this.#work();
      });
    }
    return this.#queue.shift();
  }

  #ask(link: HostLink, uuid: string, entry: Entry): void {
    const domain = this.#options.model.domain(uuid);
    if (!domain) {
      this.#entries.delete(uuid); // it has gone, and would be due for ever
      return;
    }
    this.#asking.add(uuid);
    const args = { dom: wireDomain(domain), source: addressSource.lease, flags: 0 };
    link.fast
      .call(domainInterfaceAddresses, args, { deadlineMs: leaseDeadlineMs })
      .then(({ ifaces }) => {
        this.#keep(uuid, entry.id, 'leases', toAddresses(ifaces));
      })
      .catch((error: unknown) => {
        this.#failed(link, domain, error);
      })
      .finally(() => {
        this.#asking.delete(uuid);
        entry.due = nextDue(entry, this.#options.clock.monotonic());
        this.#work();
      });
  }

  #failed(link: HostLink, domain: Domain, error: unknown): void {
    const { log } = this.#options;
    if (error instanceof LibvirtError && withoutLeases.has(error.code)) {
      log.info(`no addresses: this driver knows no leases (${error.message})`);
      this.#withoutLeases = link;
    } else {
      log.debug(`the addresses of ${domain.name} could not be read: ${messageOf(error)}`);
    }
  }

  #keep(
    uuid: string,
    id: number,
    source: 'leases' | 'agent',
    found: readonly DomainAddress[],
  ): void {
    const entry = this.#entries.get(uuid);
    if (entry?.id !== id) {
      return; // it stopped meanwhile
    }
    const before = this.of(uuid);
    entry[source] = found;
    if (!isSame(before, this.of(uuid))) {
      this.#options.report({ kind: 'addresses', uuids: [uuid] });
    }
  }
}

/** What a driver answers that has no such function, or no leases to tell of. */
const withoutLeases: ReadonlySet<number> = new Set([
  errorCode.noSupport,
  errorCode.argumentUnsupported,
]);

type Interfaces = Decoded<typeof domainInterfaceAddresses.ret>['ifaces'];

/** `virIPAddrType`, by number. */
const families = ['ipv4', 'ipv6'] as const;

/** IPv4 first, else in libvirt's order. */
function toAddresses(interfaces: Interfaces): readonly DomainAddress[] {
  return interfaces
    .flatMap(({ name, hwaddr, addrs }) =>
      addrs.map(({ type, addr, prefix }) => ({
        interface: name,
        mac: hwaddr ?? undefined,
        family: families[type] ?? 'ipv6',
        address: addr,
        prefix,
      })),
    )
    .sort((a, b) => Number(a.family === 'ipv6') - Number(b.family === 'ipv6'));
}

function isSame(a: readonly DomainAddress[], b: readonly DomainAddress[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function nextDue({ startedAt, leases }: Entry, now: number): number {
  const isBooting = startedAt !== undefined && leases.length === 0;
  const soon = isBooting ? afterStartMs.find((ms) => startedAt + ms > now) : undefined;
  if (soon !== undefined && startedAt !== undefined) {
    return startedAt + soon;
  }
  return now + (leases.length > 0 ? againMs.withLease : againMs.without);
}
