import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { systemClock } from '../../../src/base/clock.ts';
import { Slices } from '../../../src/base/slices.ts';
import { sortInSlices } from '../../../src/base/sortInSlices.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

describe('sorting in slices', () => {
  it('gives what Array.sort gives, equal ones in their order', async () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer()), {
      maxLength: 400,
    });
    await fc.assert(
      fc.asyncProperty(pairs, async (items) => {
        const compare = (a: readonly number[], b: readonly number[]): number => a[0]! - b[0]!;
        const sorted = await sortInSlices(items, compare, new Slices(systemClock));
        assert.deepEqual(sorted, [...items].sort(compare));
      }),
    );
  });

  it('rests meanwhile', async () => {
    const clock = new FakeClock();
    clock.msPerLook = 1;
    let others = 0;
    clock.soon = (action) => {
      others++;
      queueMicrotask(action);
    };
    const items = Array.from({ length: 10_000 }, (_, index) => (index * 7_919) % 10_000);
    const sorted = await sortInSlices(items, (a, b) => a - b, new Slices(clock));
    assert.deepEqual(
      sorted,
      Array.from({ length: 10_000 }, (_, index) => index),
    );
    assert.ok(others > 100, `${others} rests`);
  });
});
