import assert from 'node:assert/strict';
import { Turns } from '../../../src/base/turns.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';

describe('turns', () => {
  it('do at once what fits into a turn', () => {
    const turns = new Turns(new FakeClock());
    assert.deepEqual(
      Array.from({ length: 1_000 }, (_, index) => turns.run(() => index)),
      Array.from({ length: 1_000 }, (_, index) => index),
    );
  });

  it('leave the rest to later turns, in its order', async () => {
    const clock = new FakeClock();
    clock.msPerLook = 1;
    let soon = 0;
    const turns = new Turns({
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, action) => clock.after(delayMs, action),
      soon: (action) => {
        soon++;
        clock.soon(action);
      },
    });
    const done: number[] = [];
    const results = Array.from({ length: 50 }, (_, index) =>
      turns.run(() => {
        done.push(index);
        return index;
      }),
    );
    const atOnce = results.filter((result) => typeof result === 'number');
    assert.ok(atOnce.length > 0 && atOnce.length < 10, `${atOnce.length} at once`);
    for (let round = 0; done.length < 50 && round < 50; round++) {
      await clock.advance(0);
      await settle();
    }
    assert.ok(soon > 5, `${soon} turns`);
    const all = Array.from({ length: 50 }, (_, index) => index);
    assert.deepEqual(done, all);
    assert.deepEqual(await Promise.all(results.map(async (result) => result)), all);
  });

  it('pass on what goes wrong', async () => {
    const clock = new FakeClock();
    clock.msPerLook = 10;
    const turns = new Turns(clock);
    const fail = (): never => {
      throw new Error('no');
    };
    void turns.run(() => undefined);
    const later = turns.run(fail);
    const after = turns.run(() => 'goes on');
    const failing = assert.rejects(async () => await later, /no/);
    for (let round = 0; round < 5; round++) {
      await clock.advance(0);
      await settle();
    }
    await failing;
    assert.equal(await after, 'goes on');
  });
});
