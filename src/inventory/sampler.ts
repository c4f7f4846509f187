import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { statsGroup } from '../libvirt/constants.ts';
import type { TypedParameters } from '../libvirt/protocol/types.ts';
import { isActive, type Domain } from '../model/domain.ts';
import type { DeviceSample, DomainSample, NodeSample } from '../model/sample.ts';
import type { Wanted } from './attention.ts';
import type { HostChange } from './changes.ts';
import { toCounters } from './counters.ts';
import { DeviceHistory } from './deviceHistory.ts';
import { DomainFigures } from './domainFigures.ts';
import { History } from './history.ts';
import type { HostLink } from './hostLink.ts';
import type { HostModel } from './hostModel.ts';
import { NodeReader } from './nodeReader.ts';

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

/** The series of a VM's history, in their order, and what each is read with. */
const domainSeries = [
  { key: 'cpuCores', group: statsGroup.cpuTotal },
  { key: 'memoryUsedKiB', group: statsGroup.balloon },
  { key: 'readBytesPerSecond', group: statsGroup.block },
  { key: 'writeBytesPerSecond', group: statsGroup.block },
  { key: 'readRequestsPerSecond', group: statsGroup.block },
  { key: 'writeRequestsPerSecond', group: statsGroup.block },
  { key: 'receiveBytesPerSecond', group: statsGroup.interface },
  { key: 'transmitBytesPerSecond', group: statsGroup.interface },
] as const satisfies readonly { readonly key: keyof DomainSample; readonly group: number }[];

/** The series of a host's history, in their order. */
const nodeSeries = ['cpuUse', 'memoryUsedKiB'] as const satisfies readonly (keyof NodeSample)[];

/** What figures are made of. */
const figureGroups = [
  statsGroup.cpuTotal,
  statsGroup.balloon,
  statsGroup.vcpu,
  statsGroup.interface,
  statsGroup.block,
] as const;

/** All groups that figures are made of, as a mask. */
export const allGroups = figureGroups.reduce((mask, group) => mask | group, 0);

/** A thousand VMs of a host are read each second at most: with more than two thousand, a tick of 2 s gets longer. */
const msPerVm = 1;

/** What is kept of one VM. */
interface DomainRecord {
  readonly figures: DomainFigures;
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
  #wanted: Wanted | undefined;
  /** When each group was last read, in monotonic milliseconds. */
  readonly #readAt = new Map<number, number>();
  #stats:
    | { readonly link: HostLink; readonly reader: StatsReader; readonly node: NodeReader }
    | undefined;
  #timer: Disposable | undefined;
  #ticking: Promise<void> | undefined;
  #touched: string[] = [];
  /** Of the VM that is being recorded: a thousand of them need not each have a list. */
  readonly #figures = new Float64Array(domainSeries.length);
  #nodeSample: NodeSample | undefined;
  #nodeHistory: History | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** The last figures of a VM, to keep. */
  domain(uuid: string): DomainSample | undefined {
    return this.#domains.get(uuid)?.figures.sample;
  }

  /** The same to look at now, for all VMs in every tick: the next reading changes it. */
  peek(uuid: string): DomainSample | undefined {
    return this.#domains.get(uuid)?.figures;
  }

  /** The same per vCPU, disk and interface. */
  devices(uuid: string): DeviceSample | undefined {
    return this.#domains.get(uuid)?.figures.devices;
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
  setInterest(wanted: Wanted | undefined): void {
    const before = this.#wanted;
    this.#wanted = wanted;
    if (before?.intervalMs !== wanted?.intervalMs) {
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
    return this.#sample(() => groups);
  }

  dispose(): void {
    this.#wanted = undefined;
    this.#timer?.dispose();
  }

  #schedule(delayMs: number): void {
    if (!this.#wanted || !this.#options.link() || this.#timer) {
      return;
    }
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      const { clock, log } = this.#options;
      const started = clock.monotonic();
      this.#sample((active) => this.#due(active))
        .catch((error: unknown) => {
          log.warn(`sampling failed: ${messageOf(error)}`);
        })
        .finally(() => {
          const spacing = this.#domains.size * msPerVm;
          const interval = Math.max(this.#wanted?.intervalMs ?? 0, spacing);
          this.#schedule(Math.max(0, interval - (clock.monotonic() - started)));
        });
    });
  }

  #sample(choose: (active: readonly Domain[]) => number): Promise<void> {
    this.#ticking ??= this.#tick(choose).finally(() => {
      this.#ticking = undefined;
    });
    return this.#ticking;
  }

  /** The groups whose time has come; all that are wanted while a VM is new, of which nothing is known yet. */
  #due(active: readonly Domain[]): number {
    const { paces = [], intervalMs = 0 } = this.#wanted ?? {};
    const now = this.#options.clock.monotonic();
    const hasNew = active.some(
      ({ uuid, notAnsweringSince }) => notAnsweringSince === undefined && !this.#domains.has(uuid),
    );
    // What is due before half of the time to the next tick has gone is read now
    const soon = now + intervalMs / 2;
    let due = 0;
    for (const { intervalMs: paceMs, groups } of paces) {
      for (const group of figureGroups) {
        const readAt = this.#readAt.get(group) ?? Number.NEGATIVE_INFINITY;
        if ((groups & group) !== 0 && (hasNew || readAt + paceMs <= soon)) {
          due |= group;
        }
      }
    }
    return due;
  }

  async #tick(choose: (active: readonly Domain[]) => number): Promise<void> {
    const link = this.#options.link();
    if (!link) {
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
    const groups = choose(active);
    // To libvirt no group means all of them
    if (groups === 0) {
      return;
    }
    const now = this.#options.clock.monotonic();
    for (const group of figureGroups.filter((each) => (groups & each) !== 0)) {
      this.#readAt.set(group, now);
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

  #record(uuid: string, params: TypedParameters, groups: number): void {
    const { clock } = this.#options;
    const reading = { counters: toCounters(params), monotonic: clock.monotonic(), at: clock.now() };
    const record: DomainRecord = this.#domains.get(uuid) ?? {
      figures: new DomainFigures(),
      history: new History(domainSeries.length, reading.at),
      devices: undefined,
    };
    const { figures } = record;
    figures.add(reading, groups);
    let series = 0;
    for (const { group, key } of domainSeries) {
      this.#figures[series++] = (groups & group) === 0 ? Number.NaN : (figures[key] ?? Number.NaN);
    }
    record.history.record(reading.at, this.#figures);
    if (this.#options.isOpen(uuid)) {
      record.devices ??= new DeviceHistory(reading.at);
      record.devices.record(reading.at, figures.devices);
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
      onRecord: (uuid, params, groups) => {
        this.#record(uuid, params, groups);
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
