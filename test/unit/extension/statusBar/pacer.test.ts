import assert from 'node:assert/strict';
import { Pacer } from '../../../../src/extension/statusBar/pacer.ts';
import { FakeClock } from '../../../fakes/fakeClock.ts';

describe('a pacer', () => {
  it('acts soon after the first request, then at most once an interval, and never idles', async () => {
    const clock = new FakeClock();
    let done = 0;
    const pacer = new Pacer(clock, 1_000, () => done++);
    pacer.request();
    pacer.request();
    assert.equal(done, 0, 'what comes together is done together');
    await clock.advance(0);
    assert.equal(done, 1);
    for (let at = 0; at < 3_000; at += 100) {
      pacer.request();
      await clock.advance(100);
    }
    assert.equal(done, 4);
    await clock.advance(60_000);
    assert.equal(done, 4);
    assert.equal(clock.pendingTimers, 0);
    pacer.request();
    pacer.dispose();
    await clock.advance(60_000);
    assert.equal(done, 4);
  });
});
