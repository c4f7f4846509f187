import type { HostSession } from '../../../inventory/hostSession.ts';
import type { Domain } from '../../../model/domain.ts';
import type { DomainSample } from '../../../model/sample.ts';
import type { ArrangedVm } from './arrange.ts';
import type { HostsTreeSources } from './hostsTreeSources.ts';

/** A VM of a session. Most arrangements of thousands need neither figures nor addresses: they are found when asked for. */
export class SessionVm implements ArrangedVm {
  readonly host: HostSession;
  readonly domain: Domain;
  readonly #addressesOf: HostsTreeSources['addresses'];
  #sample: DomainSample | undefined;

  constructor(
    session: HostSession,
    domain: Domain,
    { addresses }: Pick<HostsTreeSources, 'addresses'>,
  ) {
    this.host = session;
    this.domain = domain;
    this.#addressesOf = addresses;
  }

  /** As they were when first asked for: an order by them does not change while it is made. */
  get sample(): DomainSample | undefined {
    this.#sample ??= this.host.sampler.domain(this.domain.uuid);
    return this.#sample;
  }

  get addresses(): readonly string[] {
    return this.#addressesOf(this.host, this.domain.uuid);
  }
}
