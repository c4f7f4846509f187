import { execFile } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';

/** One printed line of a benchmark. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it should be, and whether it is. */
  readonly goal?: { readonly text: string; readonly met: boolean };
}

export type Report = (figure: Figure) => void;

/** The value below which a share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
  return sorted[Math.max(0, at)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Milliseconds that something takes. */
export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Times several works in turn, A B A B …, after one round that is not counted; medians in milliseconds. */
export async function inTurn(
  rounds: number,
  works: readonly (() => Promise<unknown>)[],
): Promise<readonly number[]> {
  const times = works.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, work] of works.entries()) {
      const ms = await timeMs(work);
      if (round >= 0) {
        times[index]!.push(ms);
      }
    }
  }
  return times.map(median);
}

/** The longest time in milliseconds that the event loop was held up during some work. */
export async function longestHoldMs(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  return delay.max / 1e6;
}

/** Bytes of heap and of buffers that are in use. */
export function bytesInUse(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs a program without a shell. */
export const spawnProgram = promisify(execFile);

/** A goal of at least so many times. */
export function atLeast(goal: number, value: number): NonNullable<Figure['goal']> {
  return { text: `≥ ${goal}`, met: value >= goal };
}

/** A goal of at most so much. */
export function atMost(goal: number, value: number): NonNullable<Figure['goal']> {
  return { text: `≤ ${goal}`, met: value <= goal };
}
