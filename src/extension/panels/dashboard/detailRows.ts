import type { DetailSpan } from '../../../contract/detail.ts';
import { spanMs } from '../../../contract/detail.ts';
import type { History, HistoryRow } from '../../../inventory/history.ts';

interface Row extends HistoryRow {
  /** How long an interval it sums up; 0 of a single reading. */
  readonly stepMs: number;
}

const tenSecondsMs = 10_000;
const fiveMinutesMs = 5 * 60_000;
/** A host that nobody looks at closely is still read that often. */
const slowestMs = 35_000;

/**
 * What a history has of the last 15 minutes, hour or day, oldest first, as fine as makes sense. Where nothing was
 * recorded stands a row without values, so that no line is drawn across.
 */
export function detailRows(history: History, span: DetailSpan, now: number): readonly HistoryRow[] {
  const ticks = rowsOf(history, 'tick', 0, now);
  const tens = rowsOf(history, 'tenSeconds', tenSecondsMs, now);
  const rows =
    span === '15m'
      ? // At one reading a second, single ones are kept for half of it
        [...before(tens, ticks), ...ticks]
      : span === '1h'
        ? [...tens, ...after(tens, ticks)]
        : withNewest(rowsOf(history, 'fiveMinutes', fiveMinutesMs, now), tens, ticks);
  return withGaps(rows.filter(({ at }) => at >= now - spanMs[span]));
}

function rowsOf(
  history: History,
  tier: Parameters<History['rows']>[0],
  stepMs: number,
  now: number,
): readonly Row[] {
  return history.rows(tier, now).map((row) => ({ ...row, stepMs }));
}

/** A summary is there when its interval is over; what is newer is told by finer ones. */
function withNewest(
  fives: readonly Row[],
  tens: readonly Row[],
  ticks: readonly Row[],
): readonly Row[] {
  const newer = after(fives, tens);
  return [...fives, ...newer, ...after(newer.length > 0 ? newer : fives, ticks)];
}

/** The finer rows of after the last of the coarser. */
function after(coarse: readonly Row[], fine: readonly Row[]): readonly Row[] {
  const last = coarse.at(-1);
  return last ? fine.filter(({ at }) => at >= last.at + last.stepMs) : fine;
}

/** The coarser rows of before the first of the finer. */
function before(coarse: readonly Row[], fine: readonly Row[]): readonly Row[] {
  const [first] = fine;
  return first ? coarse.filter(({ at, stepMs }) => at + stepMs <= first.at) : coarse;
}

function withGaps(rows: readonly Row[]): readonly HistoryRow[] {
  const distance = (index: number): number => {
    const [from, to] = [rows[index - 1], rows[index]];
    return from && to ? to.at - from.at : 0;
  };
  return rows.flatMap((row, index) => {
    const { at, means } = row;
    const from = rows[index - 1];
    const usual =
      from?.stepMs === fiveMinutesMs
        ? 1.5 * fiveMinutesMs
        : Math.max(slowestMs, 2.5 * Math.max(distance(index - 1), distance(index + 1)));
    return from && at - from.at > usual
      ? [
          { at: from.at + from.stepMs + 1, means: means.map(() => undefined) },
          { at, means },
        ]
      : [{ at, means }];
  });
}
