/**
 * What a history keeps: every tick for 15 minutes, 10-second summaries for an hour, 5-minute summaries for a
 * day. Memory grows with what was recorded; full, a history of `n` series takes
 * `900 / 2 * (8 + 4n) + (360 + 288) * (8 + 12n)` bytes at a 2-second tick: 83 KiB for the eight series of a VM.
 */
const tiers = {
  tick: { spanMs: 15 * 60_000, maxPoints: 450 },
  tenSeconds: { spanMs: 60 * 60_000, stepMs: 10_000, maxPoints: 360 },
  fiveMinutes: { spanMs: 24 * 60 * 60_000, stepMs: 5 * 60_000, maxPoints: 288 },
} as const;

export type HistoryTier = keyof typeof tiers;

/** One point of a series. In the tick tier the three values are the same. */
export interface HistoryPoint {
  /** Milliseconds since the epoch; of a summary, when its interval began. */
  readonly at: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** All that was recorded at one time, or over one interval: the means, by series; undefined is a gap. */
export interface HistoryRow {
  /** Milliseconds since the epoch; of a summary, when its interval began. */
  readonly at: number;
  readonly means: readonly (number | undefined)[];
}

/** Recorded figures of one thing, in memory. A figure that is not known is a gap. */
export class History {
  readonly #start: number;
  readonly #ticks: Ring;
  readonly #tenSeconds: Summary;
  readonly #fiveMinutes: Summary;
  readonly #series: number;

  /**
   * @param series how many figures each record has
   * @param start milliseconds since the epoch; times are kept relative to it, exactly for 34 years
   */
  constructor(series: number, start: number) {
    this.#series = series;
    this.#start = start;
    this.#ticks = new Ring(series, tiers.tick.maxPoints);
    this.#tenSeconds = new Summary(series, tiers.tenSeconds.stepMs, tiers.tenSeconds.maxPoints);
    this.#fiveMinutes = new Summary(series, tiers.fiveMinutes.stepMs, tiers.fiveMinutes.maxPoints);
  }

  /** Bytes its points take now. */
  get byteLength(): number {
    return this.#ticks.byteLength + this.#tenSeconds.byteLength + this.#fiveMinutes.byteLength;
  }

  /**
   * @param at milliseconds since the epoch, not before that of the record before
   * @param figures undefined and NaN are gaps
   */
  record(at: number, figures: ArrayLike<number | undefined>): void {
    const relative = Math.max(0, at - this.#start);
    this.#ticks.push(relative, figures);
    this.#tenSeconds.add(relative, figures);
    this.#fiveMinutes.add(relative, figures);
  }

  /** The points of one series, oldest first, gaps left out, none older than the tier keeps. */
  points(series: number, tier: HistoryTier, now: number): readonly HistoryPoint[] {
    const oldest = now - this.#start - tiers[tier].spanMs;
    const points: HistoryPoint[] = [];
    if (tier === 'tick') {
      this.#ticks.forEach((at, value) => {
        const figure = value(series);
        if (at >= oldest && !Number.isNaN(figure)) {
          points.push({ at: this.#start + at, min: figure, mean: figure, max: figure });
        }
      });
      return points;
    }
    const summary = tier === 'tenSeconds' ? this.#tenSeconds : this.#fiveMinutes;
    summary.forEach((at, value) => {
      const min = value(series);
      if (at >= oldest && !Number.isNaN(min)) {
        points.push({
          at: this.#start + at,
          min,
          mean: value(this.#series + series),
          max: value(2 * this.#series + series),
        });
      }
    });
    return points;
  }

  /** All series side by side, oldest first, with their gaps, none older than the tier keeps. */
  rows(tier: HistoryTier, now: number): readonly HistoryRow[] {
    const oldest = now - this.#start - tiers[tier].spanMs;
    const rows: HistoryRow[] = [];
    const [source, first] = {
      tick: [this.#ticks, 0] as const,
      tenSeconds: [this.#tenSeconds, this.#series] as const,
      fiveMinutes: [this.#fiveMinutes, this.#series] as const,
    }[tier];
    source.forEach((at, value) => {
      if (at >= oldest) {
        const means = Array.from({ length: this.#series }, (_, series) => {
          const mean = value(first + series);
          return Number.isNaN(mean) ? undefined : mean;
        });
        rows.push({ at: this.#start + at, means });
      }
    });
    return rows;
  }
}

/** A time takes two columns, since a 4-byte float holds whole numbers up to 2^24 only. */
const timeColumns = 2;
const timeBase = 2 ** 16;
const firstRows = 8;

/**
 * Rows of a time and some numbers, the oldest overwritten when full. Grows by doubling until then. All is in one
 * array, made with the first row: to the garbage collector thousands of arrays cost more than what is in them.
 */
class Ring {
  readonly #width: number;
  readonly #maxRows: number;
  #values: Float32Array | undefined;
  #capacity = 0;
  #first = 0;
  #rows = 0;

  constructor(columns: number, maxRows: number) {
    this.#width = timeColumns + columns;
    this.#maxRows = maxRows;
  }

  get byteLength(): number {
    return this.#values?.byteLength ?? 0;
  }

  /** @param values undefined is a gap */
  push(at: number, values: ArrayLike<number | undefined>): void {
    const into = this.#withRoom();
    const row = (this.#first + this.#rows) % this.#capacity;
    const start = row * this.#width;
    into[start] = Math.floor(at / timeBase);
    into[start + 1] = at % timeBase;
    for (let column = timeColumns; column < this.#width; column++) {
      into[start + column] = values[column - timeColumns] ?? Number.NaN;
    }
    if (this.#rows < this.#capacity) {
      this.#rows++;
    } else {
      this.#first = (this.#first + 1) % this.#capacity;
    }
  }

  forEach(visit: (at: number, value: (column: number) => number) => void): void {
    const number = (index: number): number => this.#values?.[index] ?? Number.NaN;
    for (let index = 0; index < this.#rows; index++) {
      const start = ((this.#first + index) % this.#capacity) * this.#width;
      visit(number(start) * timeBase + number(start + 1), (column) =>
        number(start + timeColumns + column),
      );
    }
  }

  /** Only ever grows before the first overwrite, so the oldest row is at the start. */
  #withRoom(): Float32Array {
    if (this.#values && (this.#rows < this.#capacity || this.#rows === this.#maxRows)) {
      return this.#values;
    }
    this.#capacity = Math.min(this.#maxRows, Math.max(firstRows, 2 * this.#capacity));
    const values = new Float32Array(this.#capacity * this.#width);
    values.set(this.#values ?? []);
    this.#values = values;
    return values;
  }
}

/** Least, mean and greatest of each series per interval. The interval under way is not shown until it is over. */
class Summary {
  readonly #series: number;
  readonly #stepMs: number;
  readonly #ring: Ring;
  #interval = -1;
  readonly #counts: number[];
  readonly #row: number[];

  constructor(series: number, stepMs: number, maxPoints: number) {
    this.#series = series;
    this.#stepMs = stepMs;
    this.#ring = new Ring(series * 3, maxPoints);
    this.#counts = new Array<number>(series).fill(0);
    this.#row = new Array<number>(series * 3).fill(Number.NaN);
  }

  get byteLength(): number {
    return this.#ring.byteLength;
  }

  add(at: number, figures: ArrayLike<number | undefined>): void {
    const interval = Math.floor(at / this.#stepMs);
    if (interval !== this.#interval) {
      if (this.#interval >= 0) {
        this.#flush();
      }
      this.#interval = interval;
    }
    for (let series = 0; series < this.#series; series++) {
      const figure = figures[series];
      if (figure !== undefined && !Number.isNaN(figure)) {
        this.#addFigure(series, figure);
      }
    }
  }

  forEach(visit: (at: number, value: (column: number) => number) => void): void {
    this.#ring.forEach(visit);
  }

  #addFigure(series: number, figure: number): void {
    const row = this.#row;
    const meanAt = this.#series + series;
    const maxAt = 2 * this.#series + series;
    const count = (this.#counts[series] ?? 0) + 1;
    this.#counts[series] = count;
    // Of the first there is nothing to compare with, not even a number
    const isFirst = count === 1;
    const mean = isFirst ? figure : (row[meanAt] ?? figure);
    row[series] = isFirst ? figure : Math.min(row[series] ?? figure, figure);
    row[meanAt] = mean + (figure - mean) / count;
    row[maxAt] = isFirst ? figure : Math.max(row[maxAt] ?? figure, figure);
  }

  #flush(): void {
    this.#ring.push(this.#interval * this.#stepMs, this.#row);
    this.#counts.fill(0);
    this.#row.fill(Number.NaN);
  }
}
