import assert from 'node:assert/strict';
import { Slices } from '../../../src/base/slices.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

/** How often work of so many steps rests. */
async function restsOf(steps: number, clock: FakeClock): Promise<number> {
  const slices = new Slices(clock);
  let rests = 0;
  for (let step = 0; step < steps; step++) {
    if (slices.step()) {
      rests++;
      await slices.rest();
    }
  }
  return rests;
}

describe('slices', () => {
  it('rests every few milliseconds of long work', async () => {
    const clock = new FakeClock();
    clock.msPerLook = 1;
    const rests = await restsOf(10_000, clock);
    assert.ok(rests > 20 && rests < 1_000, `${rests} rests`);
  });

  it('does not rest while little time has passed', async () => {
    assert.equal(await restsOf(10_000, new FakeClock()), 0);
  });
});
