import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { CallResult } from '../libvirt/callQueue.ts';
import type { CallOptions, Connection } from '../libvirt/connection.ts';
import { controlState, statsNoWait } from '../libvirt/constants.ts';
import { TransportError } from '../libvirt/errors.ts';
import { connectGetAllDomainStats } from '../libvirt/protocol/connect.ts';
import { domainGetControlInfo } from '../libvirt/protocol/domain.ts';
import type { TypedParameters, WireDomain } from '../libvirt/protocol/types.ts';
import type { Decoded } from '../libvirt/xdr/codec.ts';
import type { Domain } from '../model/domain.ts';
import { formatUuid } from '../model/uuid.ts';
import { wireDomain } from './readDomains.ts';
import { Suspects } from './suspects.ts';

export interface StatsReaderOptions {
  readonly fast: Connection;
  readonly callSlow: (
    procedure: typeof connectGetAllDomainStats,
    args: Decoded<(typeof connectGetAllDomainStats)['args']>,
    options: CallOptions,
  ) => Promise<StatsReply>;
  readonly clock: Clock;
  readonly log: Log;
  /** New counters of a VM, of the groups that were asked for. */
  readonly onRecord: (uuid: string, params: TypedParameters, groups: number) => void;
  /** A VM stopped answering (since when, milliseconds since the epoch), or answers again (undefined). */
  readonly onAnswering: (uuid: string, notSince: number | undefined) => void;
}

type StatsReply = Decoded<(typeof connectGetAllDomainStats)['ret']>;

/** Of the four calls a connection makes at a time, two are left for lists, states and actions. */
const maxBatchesInFlight = 2;
const batchDeadline = { minMs: 600, maxMs: 4_000, timesUsual: 5 };
const singleDeadlineMs = 500;
/** Many VMs per call save round trips; few lose less when one of them hangs. */
const batchSize = { min: 8, max: 64 };

/**
 * Reads statistics without letting a VM whose QEMU hangs delay the others. A call about such a VM never
 * returns, and neither does one about many of which it is one. So VMs are asked in batches with a deadline;
 * of a batch that misses it, each is asked by itself, over connections kept for calls that may hang. Whoever
 * does not answer then is left alone: the call that hangs is its own watch, for it returns the moment the VM
 * answers again.
 */
export class StatsReader {
  readonly #options: StatsReaderOptions;
  readonly #suspects: Suspects;
  /** Batches at the daemon, those given up included: the daemon still works on them. */
  #batchesInFlight = 0;
  #usualBatchMs = 0;

  constructor(options: StatsReaderOptions) {
    this.#options = options;
    this.#suspects = new Suspects(options.clock);
  }

  /** Reads the given active VMs; resolves when each has answered or was found not to. */
  async read(domains: readonly Domain[], groups: number): Promise<void> {
    this.#suspects.keepOnly(new Set(domains.map((domain) => domain.uuid)));
    for (const { uuid, notAnsweringSince } of domains) {
      if (notAnsweringSince !== undefined) {
        this.#suspects.remember(uuid);
      }
    }
    const together = domains.filter((domain) => !this.#suspects.isApart(domain.uuid));
    const alone = domains.filter((domain) => this.#suspects.mayBeAsked(domain.uuid));
    const largest = Math.min(
      batchSize.max,
      Math.max(batchSize.min, Math.ceil(together.length / maxBatchesInFlight)),
    );
    // Of the same size, or the last to end has nobody beside it: 5 and 5 instead of 8 and 2
    const size = Math.ceil(together.length / Math.ceil(together.length / largest));
    const batches: Domain[][] = [];
    for (let at = 0; at < together.length; at += size) {
      batches.push(together.slice(at, at + size));
    }
    const lanes = Array.from({ length: maxBatchesInFlight }, async () => {
      for (let batch = batches.shift(); batch; batch = batches.shift()) {
        await this.#readBatch(batch, groups);
      }
    });
    await Promise.all([...lanes, ...alone.map((domain) => this.#readAlone(domain, groups))]);
  }

  async #readBatch(batch: readonly Domain[], groups: number): Promise<void> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    const startedAt = clock.now();
    // Both places on the fast connection may be held by batches that hang
    const overFast = this.#batchesInFlight < maxBatchesInFlight;
    if (overFast) {
      this.#batchesInFlight++;
    }
    const deadlineMs = this.#batchDeadlineMs();
    /** For whom this call is the watch. */
    let watched: ReadonlySet<string> = new Set();
    const progress = { hasReturned: false };
    const result = await this.#call(batch, groups, deadlineMs, overFast, (late) => {
      progress.hasReturned = true;
      if (overFast) {
        this.#batchesInFlight--;
      }
      this.#accept(late, groups);
      for (const { uuid } of batch) {
        if (!isLost(late) || watched.has(uuid)) {
          this.#answers(uuid, late);
        }
      }
    });
    if (result !== 'late') {
      if (overFast) {
        this.#batchesInFlight--;
      }
      if (this.#accept(result, groups)) {
        this.#learn(clock.monotonic() - started);
      }
      return;
    }
    this.#options.log.info(`${batch.length} VMs did not answer together within ${deadlineMs} ms`);
    for (const domain of batch) {
      this.#suspects.add(domain.uuid);
    }
    const hanging = await this.#findOccupied(batch);
    if (progress.hasReturned) {
      return; // what the daemon said of a moment ago is over
    }
    watched = hanging;
    for (const uuid of hanging) {
      this.#hangs(uuid, startedAt);
    }
    await Promise.all(
      batch
        .filter((domain) => !hanging.has(domain.uuid))
        .map((domain) => this.#readAlone(domain, groups)),
    );
  }

  async #readAlone(domain: Domain, groups: number): Promise<void> {
    const startedAt = this.#options.clock.now();
    this.#suspects.asked(domain.uuid);
    const result = await this.#call([domain], groups, singleDeadlineMs, false, (late) => {
      this.#accept(late, groups);
      this.#answers(domain.uuid, late);
    });
    if (result === 'late') {
      this.#hangs(domain.uuid, startedAt);
    } else if (result === 'notSent') {
      this.#suspects.notAsked(domain.uuid);
    } else {
      this.#accept(result, groups);
      this.#answers(domain.uuid, result);
    }
  }

  /** @returns what came, `late` if nothing did in time, `notSent` if there was no way to ask. */
  async #call(
    domains: readonly Domain[],
    groups: number,
    deadlineMs: number,
    overFast: boolean,
    onLateReply: (result: CallResult) => void,
  ): Promise<CallResult | 'late' | 'notSent'> {
    const { fast, callSlow } = this.#options;
    const doms: readonly WireDomain[] = domains.map((domain) => wireDomain(domain));
    const args = { doms, stats: groups, flags: statsNoWait };
    const options = { deadlineMs, onLateReply };
    try {
      return {
        value: overFast
          ? await fast.call(connectGetAllDomainStats, args, options)
          : await callSlow(connectGetAllDomainStats, args, options),
      };
    } catch (error) {
      if (error instanceof TransportError && error.kind === 'timeout') {
        return error.outcome === 'notSent' ? 'notSent' : 'late';
      }
      return { error: error as Error };
    }
  }

  /** Which VM of a batch the daemon is stuck at: it tells without asking QEMU. */
  async #findOccupied(batch: readonly Domain[]): Promise<ReadonlySet<string>> {
    const occupied = new Set<string>();
    await Promise.all(
      batch.map(async (domain) => {
        try {
          const info = await this.#options.fast.call(
            domainGetControlInfo,
            { dom: wireDomain(domain), flags: 0 },
            { urgent: true, deadlineMs: singleDeadlineMs },
          );
          if (info.state === controlState.occupied) {
            occupied.add(domain.uuid);
          }
        } catch (error) {
          this.#options.log.debug(`no control information of ${domain.name}: ${messageOf(error)}`);
        }
      }),
    );
    return occupied;
  }

  /** Passes records on. @returns whether there were any to pass on. */
  #accept(result: CallResult | 'notSent', groups: number): boolean {
    if (result === 'notSent') {
      return false;
    }
    if ('error' in result) {
      this.#options.log.debug(`no statistics: ${result.error.message}`);
      return false;
    }
    for (const { dom, params } of (result.value as StatsReply).retStats) {
      this.#options.onRecord(formatUuid(dom.uuid), params, groups);
    }
    return true;
  }

  #hangs(uuid: string, since: number): void {
    if (this.#suspects.hangs(uuid)) {
      this.#options.log.warn(`VM ${uuid} does not answer`);
      this.#options.onAnswering(uuid, since);
    }
  }

  #answers(uuid: string, result: CallResult): void {
    if (isLost(result)) {
      this.#suspects.notAsked(uuid);
    } else if (this.#suspects.answers(uuid)) {
      this.#options.log.info(`VM ${uuid} answers again`);
      this.#options.onAnswering(uuid, undefined);
    }
  }

  /** Follows a faster daemon at once and a slower one slowly: one slow answer is not the usual. */
  #learn(durationMs: number): void {
    const weight = durationMs < this.#usualBatchMs || this.#usualBatchMs === 0 ? 0.5 : 0.1;
    this.#usualBatchMs += weight * (durationMs - this.#usualBatchMs);
  }

  #batchDeadlineMs(): number {
    return Math.round(
      Math.min(
        batchDeadline.maxMs,
        Math.max(batchDeadline.minMs, batchDeadline.timesUsual * this.#usualBatchMs),
      ),
    );
  }
}

/** The call ended with its connection, which says nothing about the VM. */
function isLost(result: CallResult): boolean {
  return 'error' in result && result.error instanceof TransportError;
}
