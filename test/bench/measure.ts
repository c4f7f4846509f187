import { setTimeout as delay } from 'node:timers/promises';

/** What a figure should be; one that is not is told, and is no failure. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** The runs behind a figure. */
interface Spread {
  readonly runs: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One thing that was measured. */
export interface Figure {
  readonly what: string;
  /** The median of the runs unless `is` tells otherwise. */
  readonly value: number;
  readonly unit: string;
  readonly spread?: Spread;
  readonly goal?: Goal;
  readonly is?: 'p99';
}

/** What a bench found out. */
export interface BenchResult {
  readonly figures: readonly Figure[];
  /** What one has to know to read the figures. */
  readonly notes: readonly string[];
}

/** The least value that a share of the values does not exceed. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined || Number.isNaN(value)) {
    throw new RangeError('nothing was measured');
  }
  return value;
}

export function median(values: readonly number[]): number {
  // Of an even number of runs, between the two in the middle
  return (
    (percentile(values, 0.5) -
      percentile(
        values.map((value) => -value),
        0.5,
      )) /
    2
  );
}

function figureOf(
  figure: Omit<Figure, 'spread' | 'goal'>,
  values: readonly number[],
  goal: Goal | undefined,
): Figure {
  const spread = {
    runs: values.length,
    min: Math.min(...values),
    p50: percentile(values, 0.5),
    p99: percentile(values, 0.99),
    max: Math.max(...values),
  };
  return { ...figure, spread, ...(goal && { goal }) };
}

/** The median of several runs. */
export function medianFigure(
  what: string,
  values: readonly number[],
  unit: string,
  goal?: Goal,
): Figure {
  return figureOf({ what, value: median(values), unit }, values, goal);
}

/** What 99 of 100 runs do not exceed. */
export function p99Figure(
  what: string,
  values: readonly number[],
  unit: string,
  goal?: Goal,
): Figure {
  return figureOf({ what, value: percentile(values, 0.99), unit, is: 'p99' }, values, goal);
}

/** A figure that is counted, or worked out of others. */
export function plainFigure(what: string, value: number, unit: string, goal?: Goal): Figure {
  return { what, value, unit, ...(goal && { goal }) };
}

/**
 * How many times as long `slow` took. Each run of one is compared with the run of the other beside it, so that
 * other work of the machine, which comes and goes, weighs on both.
 */
export function ratioFigure(
  what: string,
  slow: readonly number[],
  fast: readonly number[],
  goal?: Goal,
): Figure {
  const ratios = slow.map((ms, run) => ms / (fast[run] ?? Number.NaN));
  return medianFigure(what, ratios, '×', goal);
}

/** Milliseconds that something takes. */
export async function timed(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Times of so many runs. */
export async function repeated(runs: number, action: () => unknown): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    times.push(await timed(action));
  }
  return times;
}

/** Runs the contestants in turn, A B A B …, after one run of each that does not count. */
export async function sideBySide<Name extends string>(
  runs: number,
  contestants: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(contestants) as Name[];
  const times = {} as Record<Name, number[]>;
  for (const name of names) {
    times[name] = [];
    await contestants[name]();
  }
  for (let run = 0; run < runs; run++) {
    for (const name of names) {
      times[name].push(await timed(contestants[name]));
    }
  }
  return times;
}

/** Bytes that are held: those of the heap, and those outside it that belong to objects of the heap. */
export async function heldBytes(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) {
    throw new Error('memory can only be measured with --expose-gc');
  }
  // What finalizers let go of is free only after the next turn
  for (let turn = 0; turn < 4; turn++) {
    gc();
    await delay(10);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
