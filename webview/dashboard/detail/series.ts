import { spanMs, type DetailChartData, type DetailSpan } from '../../../src/contract/detail.ts';

/** A point as chart.js takes it without looking at it; null is a gap. */
export interface Point {
  readonly x: number;
  readonly y: number | null;
}

/** The points of one chart: as they came, and those that came since. */
export class Series {
  readonly data: Omit<DetailChartData, 'times' | 'lines'>;
  readonly names: readonly string[];
  /** By line; the same arrays all the time, which chart.js draws from. */
  readonly lines: Point[][];

  constructor({ times, lines, ...data }: DetailChartData) {
    this.data = data;
    this.names = lines.map(({ name }) => name);
    this.lines = lines.map(({ values }) =>
      times.map((x, index) => ({ x, y: values[index] ?? null })),
    );
  }

  /** Adds a point to each line, and forgets what is older than the span. A time that is there already is left. */
  add(x: number, values: readonly (number | null)[], span: DetailSpan): void {
    for (const [index, line] of this.lines.entries()) {
      const last = line.at(-1);
      if (!last || last.x < x) {
        line.push({ x, y: values[index] ?? null });
      }
      const old = line.findIndex((point) => point.x >= x - spanMs[span]);
      if (old > 0) {
        line.splice(0, old);
      }
    }
  }

  /** The times there are points for, ascending. */
  get times(): readonly number[] {
    return (this.lines[0] ?? []).map(({ x }) => x);
  }

  /** What each line has nearest to a time; null where that is a gap. */
  at(time: number): readonly (number | null)[] {
    const index = nearest(this.lines[0] ?? [], time);
    return this.lines.map((line) => line[index]?.y ?? null);
  }
}

/** The place of the point nearest to a time; -1 if there is none. */
export function nearest(points: readonly Pick<Point, 'x'>[], time: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.x ?? 0) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const [before, after] = [points[low - 1], points[low]];
  if (!after) {
    return points.length - 1;
  }
  return before && time - before.x < after.x - time ? low - 1 : low;
}
