import type { Slices } from './slices.ts';

/** So many are sorted at once; a fraction of a millisecond's work. */
const runLength = 64;

/**
 * Sorts a copy, stable as `Array.sort`, and lets other work be served in between.
 * @returns the sorted copy
 */
export async function sortInSlices<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  slices: Slices,
): Promise<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += runLength) {
    runs.push(items.slice(at, at + runLength).sort(compare));
    if (slices.isOver()) {
      await slices.rest();
    }
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], compare, slices));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
  slices: Slices,
): Promise<T[]> {
  const merged: T[] = [];
  let [fromLeft, fromRight] = [0, 0];
  while (fromLeft < left.length && fromRight < right.length) {
    const [first, second] = [left[fromLeft] as T, right[fromRight] as T];
    // Of equal ones the left comes first
    if (compare(first, second) <= 0) {
      merged.push(first);
      fromLeft++;
    } else {
      merged.push(second);
      fromRight++;
    }
    if (slices.step()) {
      await slices.rest();
    }
  }
  return [...merged, ...left.slice(fromLeft), ...right.slice(fromRight)];
}
