import { systemClock } from '../../src/base/clock.ts';
import { toDisposable } from '../../src/base/disposable.ts';
import { silentLog as log } from '../../src/base/log.ts';
import { HostModel } from '../../src/inventory/hostModel.ts';
import { HostReader } from '../../src/inventory/hostReader.ts';
import { OpenObjects } from '../../src/inventory/openObjects.ts';
import { Connection } from '../../src/libvirt/connection.ts';
import { domainLifecycle } from '../../src/libvirt/constants.ts';
import type { Host } from '../../src/model/host.ts';
import { createDuplexPair } from '../fakes/duplexPair.ts';

const rounds = 10;
const eventsPerRound = 4_000;

/**
 * Microseconds that a lifecycle event takes from having been decoded to being in the picture of this host, in
 * several rounds. The reader has nothing else to do: what is read after an event is not measured.
 */
export function measureEvents(host: Host): readonly number[] {
  let told = 0;
  const model = new HostModel(host.name, host.uri, () => {
    told++;
  });
  const domains = [...host.domains.values()];
  for (const domain of domains) {
    model.putDomain(domain);
  }
  told = 0;
  const reader = createIdleReader(model);
  const times: number[] = [];
  let event = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (const end = event + eventsPerRound; event < end; event++) {
      const domain = domains[event % domains.length];
      if (domain) {
        const isPausing = Math.floor(event / domains.length) % 2 === 0;
        reader.lifecycle({
          uuid: domain.uuid,
          name: domain.name,
          id: 1,
          event: isPausing ? domainLifecycle.suspended : domainLifecycle.resumed,
          detail: 0,
        });
      }
    }
    times.push(((performance.now() - started) * 1_000) / eventsPerRound);
  }
  reader.dispose();
  if (told < (rounds * eventsPerRound) / 2) {
    throw new Error(`${rounds * eventsPerRound} events made only ${told} changes`);
  }
  return times;
}

function createIdleReader(model: HostModel): HostReader {
  const clock = { ...systemClock, after: () => toDisposable(() => undefined) };
  const openObjects = new OpenObjects({
    connection: () => undefined,
    domain: (uuid) => model.domain(uuid),
    network: () => undefined,
    pool: () => undefined,
    report: () => undefined,
    clock,
    log,
  });
  const connection = new Connection(createDuplexPair()[0], { clock, log });
  return new HostReader({ connection, model, openObjects, clock, log });
}
