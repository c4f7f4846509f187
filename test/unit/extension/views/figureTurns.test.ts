import assert from 'node:assert/strict';
import { FigureTurns } from '../../../../src/extension/views/hosts/figureTurns.ts';
import { FakeClock } from '../../../fakes/fakeClock.ts';

describe('the turns of figures', () => {
  let clock: FakeClock;
  let turns: FigureTurns;
  let drawnAt: number[];

  beforeEach(() => {
    clock = new FakeClock();
    const start = clock.monotonic();
    drawnAt = [];
    turns = new FigureTurns(clock, () => drawnAt.push(clock.monotonic() - start));
  });

  /** New figures of a host every 2 s. */
  async function sampleFor(seconds: number, each?: (second: number) => void): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      each?.(second);
      if (second % 2 === 0) {
        turns.ask();
      }
      await clock.advance(1_000);
    }
  }

  it('come at once the first time, then every 5 s, and not without new figures', async () => {
    await sampleFor(14);
    assert.deepEqual(drawnAt, [0, 5_000, 10_000]);
    await clock.advance(60_000);
    assert.deepEqual(drawnAt, [0, 5_000, 10_000, 15_000], 'the last that was asked for');
  });

  it('wait until no state changed for 3 s', async () => {
    await sampleFor(12, (second) => {
      if (second === 4 || second === 6) {
        turns.stateChanged();
      }
    });
    assert.deepEqual(drawnAt, [0, 9_000]);
  });

  it('are not held back for longer than 15 s', async () => {
    await sampleFor(40, () => {
      turns.stateChanged();
    });
    assert.deepEqual(drawnAt, [15_000, 31_000]);
  });

  it('end when they are disposed', async () => {
    turns.ask();
    turns.dispose();
    await clock.advance(60_000);
    assert.deepEqual(drawnAt, []);
  });
});
