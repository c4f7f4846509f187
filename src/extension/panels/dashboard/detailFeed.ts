import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import type {
  Detail,
  DetailInfo,
  DetailSpan,
  DetailTarget,
  DetailTick,
} from '../../../contract/detail.ts';
import type { HostSession } from '../../../inventory/hostSession.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { allGroups } from '../../../inventory/sampler.ts';
import type { Operation } from '../../../operations/operationLog.ts';
import { detailCharts, detailValues } from './detailCharts.ts';
import type { Ids } from './ids.ts';
import { actionOfWord } from './vmView.ts';

export interface DetailSources {
  readonly inventory: Pick<Inventory, 'session' | 'onDidChange'>;
  readonly addresses: (session: HostSession, uuid: string) => readonly string[];
  /** The newest first. */
  readonly endedOperations: () => readonly Operation[];
  readonly clock: { now(): number };
}

interface Opened {
  readonly target: DetailTarget;
  readonly host: string;
  /** Undefined of a host. */
  readonly uuid: string | undefined;
  readonly session: HostSession;
  readonly looking: DisposableStore;
  interest: Disposable;
  sentInfo: string;
}

const shownActions = 5;

/** The one VM or host that the dashboard shows closely: its graphs once, then every new point of them. */
export class DetailFeed implements Disposable {
  readonly #sources: DetailSources;
  readonly #ids: Ids;
  readonly #send: (tick: DetailTick) => void;
  #intervalMs: number;
  #opened: Opened | undefined;

  constructor(
    sources: DetailSources,
    ids: Ids,
    {
      intervalMs,
      send,
    }: { readonly intervalMs: number; readonly send: (tick: DetailTick) => void },
  ) {
    this.#sources = sources;
    this.#ids = ids;
    this.#intervalMs = intervalMs;
    this.#send = send;
  }

  /** How often the host of what is open is read. */
  set intervalMs(intervalMs: number) {
    if (this.#intervalMs === intervalMs) {
      return;
    }
    this.#intervalMs = intervalMs;
    if (this.#opened) {
      const before = this.#opened.interest;
      this.#opened.interest = this.#observe(this.#opened.session);
      before.dispose();
    }
  }

  /** What there is to draw; from now on it is read closely, and ticks follow. @throws Error if it is gone */
  open(target: DetailTarget, span: DetailSpan): Detail {
    const opened = this.#take(target);
    const info = this.#info(opened);
    opened.sentInfo = JSON.stringify(info);
    const { session, uuid } = opened;
    const charts = detailCharts(session.sampler, uuid, { span, now: this.#sources.clock.now() });
    return { charts, info };
  }

  close(): void {
    this.#opened?.looking.dispose();
    this.#opened?.interest.dispose();
    this.#opened = undefined;
  }

  dispose(): void {
    this.close();
  }

  #take(target: DetailTarget): Opened {
    const vm = target.kind === 'vm' ? this.#ids.target(target.id) : undefined;
    const host = vm?.host ?? this.#ids.hostName(target.id);
    const session = host === undefined ? undefined : this.#sources.inventory.session(host);
    if (host === undefined || !session) {
      this.close();
      throw new Error('It is not there any more.');
    }
    if (this.#opened?.target.id === target.id && this.#opened.session === session) {
      return this.#opened; // another span of the same
    }
    this.close();
    const looking = new DisposableStore();
    if (vm) {
      looking.add(session.openDomain(vm.uuid));
    }
    const opened: Opened = {
      ...{ target, host, uuid: vm?.uuid, session, looking, sentInfo: '' },
      interest: this.#observe(session),
    };
    looking.add(
      this.#sources.inventory.onDidChange((changed) => {
        if (changed.host === host && changed.changes.some(({ kind }) => kind === 'sampled')) {
          this.#tick(opened);
        }
      }),
    );
    this.#opened = opened;
    return opened;
  }

  #observe(session: HostSession): Disposable {
    return session.observe({ intervalMs: this.#intervalMs, groups: allGroups, isVisible: true });
  }

  #tick(opened: Opened): void {
    const { target, session, uuid } = opened;
    const { sampler } = session;
    const info = this.#info(opened);
    const text = JSON.stringify(info);
    const isNews = text !== opened.sentInfo;
    opened.sentInfo = text;
    this.#send({
      target,
      at:
        (uuid === undefined ? sampler.node : sampler.domain(uuid))?.at ?? this.#sources.clock.now(),
      values: detailValues(sampler, uuid),
      ...(isNews ? { info } : {}),
    });
  }

  #info({ session, host, uuid }: Opened): DetailInfo {
    const devices = uuid === undefined ? undefined : session.sampler.devices(uuid);
    return {
      disks: (devices?.disks ?? []).map(({ name, capacityBytes, allocationBytes }) => ({
        name,
        capacityBytes: capacityBytes ?? null,
        allocationBytes: allocationBytes ?? null,
      })),
      interfaces: (devices?.interfaces ?? []).map(({ name }, index) => name || `nic ${index}`),
      addresses: uuid === undefined ? [] : this.#sources.addresses(session, uuid),
      actions: this.#sources
        .endedOperations()
        .filter((ended) => ended.host === host && (uuid === undefined || ended.uuid === uuid))
        .slice(0, shownActions)
        .map(({ action, endedAt, startedAt, result }) => ({
          action: actionOfWord(action),
          at: endedAt ?? startedAt,
          status: result?.status ?? 'unknown',
          reason: result?.reason ?? '',
        })),
    };
  }
}
