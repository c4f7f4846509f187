import type { HostSession } from '../../src/inventory/hostSession.ts';

const tickMs = 2_000;

/** As if all had been sampled for a day: only as many points as are kept of that. */
export function fillHistories(sessions: readonly HostSession[]): void {
  const minute = 60_000;
  const times: number[] = [];
  const add = (fromMs: number, toMs: number, stepMs: number): void => {
    for (let at = fromMs; at < toMs; at += stepMs) {
      times.push(at);
    }
  };
  add(0, 23 * 60 * minute, 5 * minute);
  add(23 * 60 * minute, 24 * 60 * minute - 15 * minute, 10_000);
  add(24 * 60 * minute - 15 * minute, 24 * 60 * minute, tickMs);
  const start = Date.now();
  const figures = [0.5, 1e6, 1e5, 1e5, 10, 10, 1e4, 1e4];
  for (const session of sessions) {
    for (const { uuid } of session.snapshot.domains.values()) {
      const history = session.sampler.domainHistory(uuid);
      for (const at of times) {
        history?.record(start + at, figures);
      }
    }
  }
}
