import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { statsGroup } from '../libvirt/constants.ts';
import type { TypedParameters } from '../libvirt/protocol/types.ts';
import { isActive, type Domain } from '../model/domain.ts';
import type { DomainSample, NodeSample } from '../model/sample.ts';
import type { Interest } from './attention.ts';
import type { HostChange } from './changes.ts';
import { toCounters, type DomainCounters } from './counters.ts';
import { DeviceHistory } from './deviceHistory.ts';
import { History } from './history.ts';
import type { HostLink } from './hostLink.ts';
import type { HostModel } from './hostModel.ts';
import { NodeReader } from './nodeReader.ts';
import { toSample, type Reading } from './rates.ts';
import { StatsReader } from './statsReader.ts';

export interface SamplerOptions {
  readonly link: () => HostLink | undefined;
  readonly model: HostModel;
  /** Whether somebody has the VM open, and so its devices' histories are kept. */
  readonly isOpen: (uuid: string) => boolean;
  readonly report: (change: HostChange) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** The series of a VM's history, in their order. */
const domainSeries = [
  'cpuCores',
  'memoryUsedKiB',
  'readBytesPerSecond',
  'writeBytesPerSecond',
  'readRequestsPerSecond',
  'writeRequestsPerSecond',
  'receiveBytesPerSecond',
  'transmitBytesPerSecond',
] as const satisfies readonly (keyof DomainSample)[];

/** The series of a host's history, in their order. */
const nodeSeries = ['cpuUse', 'memoryUsedKiB'] as const satisfies readonly (keyof NodeSample)[];

/** All groups that figures are made of. */
export const allGroups =
  statsGroup.cpuTotal |
  statsGroup.balloon |
  statsGroup.vcpu |
  statsGroup.interface |
  statsGroup.block;

/** What is kept of one VM. */
interface DomainRecord {
  reading: Reading<DomainCounters>;
  sample: DomainSample;
  readonly history: History;
  devices: DeviceHistory | undefined;
}

/**
 * Reads the figures of a host's active VMs and of the host itself, as often and as much as somebody wants to
 * see, over the open connection. Off while nobody does.
 */
export class Sampler implements Disposable {
  readonly #options: SamplerOptions;
  readonly #domains = new Map<string, DomainRecord>();
  #interest: Interest | undefined;
  #stats:
    | { readonly link: HostLink; readonly reader: StatsReader; readonly node: NodeReader }
    | undefined;
  #timer: Disposable | undefined;
  #ticking: Promise<void> | undefined;
  #touched: string[] = [];
  #nodeSample: NodeSample | undefined;
  #nodeHistory: History | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** The last figures of a VM. */
  domain(uuid: string): DomainSample | undefined {
    return this.#domains.get(uuid)?.sample;
  }

  domainHistory(uuid: string): History | undefined {
    return this.#domains.get(uuid)?.history;
  }

  /** Per vCPU, disk and interface; only of VMs that are open. */
  deviceHistory(uuid: string): DeviceHistory | undefined {
    return this.#domains.get(uuid)?.devices;
  }

  get node(): NodeSample | undefined {
    return this.#nodeSample;
  }

  get nodeHistory(): History | undefined {
    return this.#nodeHistory;
  }

  /** Undefined turns sampling off. */
  setInterest(interest: Interest | undefined): void {
    const before = this.#interest;
    this.#interest = interest;
    if (before?.intervalMs !== interest?.intervalMs) {
      this.#timer?.dispose();
      this.#timer = undefined;
      this.#schedule(0);
    }
  }

  /** The host was connected or is gone. Figures stay; the next are read over the new connection. */
  linkChanged(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#schedule(0);
  }

  /** Reads once, now, whatever anybody wants to see. Joins a reading that is under way. */
  sampleNow(groups: number = allGroups): Promise<void> {
    this.#ticking ??= this.#tick(groups).finally(() => {
      this.#ticking = undefined;
    });
    return this.#ticking;
  }

  dispose(): void {
    this.#interest = undefined;
    this.#timer?.dispose();
  }

  #schedule(delayMs: number): void {
    if (!this.#interest || !this.#options.link() || this.#timer) {
      return;
    }
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      const { clock, log } = this.#options;
      const started = clock.monotonic();
      this.sampleNow(this.#interest?.groups)
        .catch((error: unknown) => {
          log.warn(`sampling failed: ${messageOf(error)}`);
        })
        .finally(() => {
          const interval = this.#interest?.intervalMs ?? 0;
          this.#schedule(Math.max(0, interval - (clock.monotonic() - started)));
        });
    });
  }

  async #tick(groups: number): Promise<void> {
    const link = this.#options.link();
    // To libvirt no group means all of them
    if (!link || groups === 0) {
      return;
    }
    if (this.#stats?.link !== link) {
      this.#stats = { link, reader: this.#createReader(link), node: this.#createNodeReader(link) };
    }
    const active: Domain[] = [];
    for (const domain of this.#options.model.domains()) {
      if (isActive(domain.state)) {
        active.push(domain);
      } else {
        this.#domains.delete(domain.uuid);
      }
    }
    for (const uuid of [...this.#domains.keys()].filter(
      (known) => !this.#options.model.domain(known),
    )) {
      this.#domains.delete(uuid);
    }
    await Promise.all([this.#stats.reader.read(active, groups), this.#readNode(this.#stats.node)]);
    this.#flush();
  }

  async #readNode(reader: NodeReader): Promise<void> {
    const sample = await reader.read();
    if (sample) {
      this.#nodeSample = sample;
      this.#nodeHistory ??= new History(nodeSeries.length, sample.at);
      this.#nodeHistory.record(
        sample.at,
        nodeSeries.map((series) => sample[series]),
      );
    }
  }

  #record(uuid: string, params: TypedParameters): void {
    const { clock } = this.#options;
    const reading = { counters: toCounters(params), monotonic: clock.monotonic(), at: clock.now() };
    const known = this.#domains.get(uuid);
    const sample = toSample(known?.reading, reading);
    const record: DomainRecord = known ?? {
      reading,
      sample,
      history: new History(domainSeries.length, reading.at),
      devices: undefined,
    };
    record.reading = reading;
    record.sample = sample;
    record.history.record(
      sample.at,
      domainSeries.map((series) => sample[series]),
    );
    if (this.#options.isOpen(uuid)) {
      record.devices ??= new DeviceHistory(sample.at);
      record.devices.record(sample);
    } else {
      record.devices = undefined;
    }
    this.#domains.set(uuid, record);
    this.#touched.push(uuid);
    if (!this.#ticking) {
      this.#flush(); // a late reply, after its tick was over
    }
  }

  #flush(): void {
    const uuids = this.#touched;
    this.#touched = [];
    this.#options.report({ kind: 'sampled', uuids });
  }

  #createReader(link: HostLink): StatsReader {
    const { clock, log, model } = this.#options;
    return new StatsReader({
      fast: link.fast,
      callSlow: (procedure, args, options) => link.callSlow(procedure, args, options),
      clock,
      log,
      onRecord: (uuid, params) => {
        this.#record(uuid, params);
      },
      onAnswering: (uuid, notSince) => {
        const domain = model.domain(uuid);
        if (domain) {
          model.putDomain({ ...domain, notAnsweringSince: notSince });
        }
      },
    });
  }

  #createNodeReader(link: HostLink): NodeReader {
    return new NodeReader(link.fast, this.#options.clock);
  }
}
