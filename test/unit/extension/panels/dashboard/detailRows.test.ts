import assert from 'node:assert/strict';
import { detailRows } from '../../../../../src/extension/panels/dashboard/detailRows.ts';
import { History } from '../../../../../src/inventory/history.ts';

const start = 1_700_000_000_000;

/** Records the second's number every `everyMs`, from one second to another. */
function record(history: History, from: number, to: number, everyMs: number): void {
  for (let ms = from * 1_000; ms < to * 1_000; ms += everyMs) {
    history.record(start + ms, [ms / 1_000]);
  }
}

describe('what the graphs of one VM are made of', () => {
  it('is a quarter of an hour, also at one reading a second', () => {
    const history = new History(1, start);
    record(history, 0, 1_000, 1_000);
    const rows = detailRows(history, '15m', start + 999_000);
    assert.ok(rows[0]!.at <= start + 110_000, 'older ones are summaries');
    assert.equal(rows.at(-1)!.at, start + 999_000);
    assert.ok(rows.every((row, index) => index === 0 || rows[index - 1]!.at < row.at));
    assert.ok(rows.every(({ means }) => means[0] !== undefined));
  });

  it('goes up to now, also before a summary is complete', () => {
    const history = new History(1, start);
    record(history, 0, 400, 2_000);
    for (const span of ['1h', '24h'] as const) {
      const rows = detailRows(history, span, start + 399_000);
      assert.equal(rows[0]!.at, start, span);
      assert.equal(rows.at(-1)!.at, start + 398_000, span);
      assert.ok(rows.every((row, index) => index === 0 || rows[index - 1]!.at < row.at));
    }
  });

  it('has a gap where nothing was recorded, and where a figure was not known', () => {
    const history = new History(1, start);
    record(history, 0, 60, 2_000);
    history.record(start + 60_000, [undefined]);
    record(history, 62, 100, 2_000);
    record(history, 200, 300, 2_000);
    const rows = detailRows(history, '15m', start + 300_000);
    assert.deepEqual(
      rows.filter(({ means }) => means[0] === undefined).map(({ at }) => at - start),
      [60_000, 98_001],
    );
  });

  it('has no gaps at a host that is read seldom', () => {
    const history = new History(1, start);
    record(history, 0, 600, 60_000);
    const rows = detailRows(history, '15m', start + 600_000);
    assert.ok(rows.every(({ means }) => means[0] !== undefined));
  });

  it('has a gap for hours of nothing in a day', () => {
    const history = new History(1, start);
    record(history, 0, 3_600, 10_000);
    record(history, 7_200, 10_800, 10_000);
    const gaps = detailRows(history, '24h', start + 10_800_000).filter(
      ({ means }) => means[0] === undefined,
    );
    assert.equal(gaps.length, 1);
  });
});
