import type { DomainSample } from '../../../model/sample.ts';

/** The figures a row was drawn with. */
interface DrawnFigures {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly sample: DomainSample | undefined;
}

/** A row redrawn for nothing closes the tooltip somebody reads. A change of this many percent is worth it at once… */
const worthPercent = 5;
/** …and any change after this long: the more rows there are, the later, for most of them nobody sees. */
const small = { leastMs: 10_000, perRowMs: 30 };

/**
 * Whether a row's new figures are worth drawing it again.
 * @param now monotonic milliseconds
 * @param rows how many are drawn in all
 */
export function isWorthDrawing(
  drawn: DrawnFigures,
  sample: DomainSample | undefined,
  { now, rows }: { readonly now: number; readonly rows: number },
): boolean {
  const longestMs = Math.max(small.leastMs, rows * small.perRowMs);
  if (!drawn.sample || !sample || now - drawn.at >= longestMs) {
    return drawn.sample?.at !== sample?.at;
  }
  const cpu = percent(sample.cpuCores, sample.vcpus);
  const cpuBefore = percent(drawn.sample.cpuCores, drawn.sample.vcpus);
  const memory = percent(sample.memoryUsedKiB, sample.memoryKiB);
  const memoryBefore = percent(drawn.sample.memoryUsedKiB, drawn.sample.memoryKiB);
  return isFar(cpu, cpuBefore) || isFar(memory, memoryBefore);
}

function percent(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined ? undefined : (part / Math.max(1, whole ?? 1)) * 100;
}

/** What becomes known, or is not known any more, is far from what was. */
function isFar(value: number | undefined, before: number | undefined): boolean {
  return value === undefined || before === undefined
    ? value !== before
    : Math.abs(value - before) >= worthPercent;
}
