import type { Sampler } from '../../../inventory/sampler.ts';

/** How many points a little graph has. */
const sparkPoints = 30;

type Points = readonly (number | null)[];

/** The latest of a VM's CPU and memory history, in the units of the contract's figures. */
export function sparksOf(
  sampler: Pick<Sampler, 'domain' | 'domainHistory'>,
  uuid: string,
  now: number,
): { readonly cpu: Points; readonly memory: Points } {
  const history = sampler.domainHistory(uuid);
  const sample = sampler.domain(uuid);
  if (!history || !sample) {
    return { cpu: [], memory: [] };
  }
  const vcpus = Math.max(1, sample.vcpus ?? 1);
  const latest = (series: number, scale: number): Points =>
    history
      .points(series, 'tick', now)
      .slice(-sparkPoints)
      .map(({ mean }) => Math.round(mean * scale));
  return { cpu: latest(0, 1_000 / vcpus), memory: latest(1, 1 / 1_024) };
}
