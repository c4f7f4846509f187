import assert from 'node:assert/strict';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { failureOf } from '../../fakes/connected.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';

describe('sleep', () => {
  it('ends after its time', async () => {
    const clock = new FakeClock();
    let isOver = false;
    void sleep(clock, 100).then(() => (isOver = true));
    await clock.advance(99);
    assert.equal(isOver, false);
    await clock.advance(1);
    assert.equal(isOver, true);
  });

  it('ends early with the reason of its signal, and leaves no timer', async () => {
    const clock = new FakeClock();
    const giveUp = new AbortController();
    const reason = new Error('enough');
    const failed = failureOf(sleep(clock, 100, giveUp.signal));
    giveUp.abort(reason);
    assert.equal(await failed, reason);
    assert.equal(clock.pendingTimers, 0);
  });

  it('does not begin with a signal aborted before', async () => {
    const clock = new FakeClock();
    const reason = new Error('enough');
    assert.equal(await failureOf(sleep(clock, 100, AbortSignal.abort(reason))), reason);
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('systemClock', () => {
  it('calls after a delay, unless disposed before', async () => {
    const calls: string[] = [];
    systemClock.after(0, () => calls.push('disposed')).dispose();
    await new Promise<void>((resolve) => {
      systemClock.after(1, () => {
        calls.push('called');
        resolve();
      });
    });
    assert.deepEqual(calls, ['called']);
  });

  it('waits for a delay longer than a timer of Node can be', async () => {
    let calls = 0;
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const timers = [2 ** 31, Number.MAX_SAFE_INTEGER, Infinity].map((delayMs) =>
      systemClock.after(delayMs, () => calls++),
    );
    // Were it to overflow, the timer would be one of 1 ms
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
    });
    for (const timer of timers) {
      timer.dispose();
    }
    process.off('warning', onWarning);
    assert.equal(calls, 0);
    assert.deepEqual(warnings, []);
  });

  it('has a time that only grows, and a calendar', () => {
    const first = systemClock.monotonic();
    assert.ok(systemClock.monotonic() >= first);
    assert.ok(systemClock.now() > Date.UTC(2024, 0, 1));
  });

  it('calls soon, but not at once', async () => {
    const calls: number[] = [];
    systemClock.soon(() => calls.push(1));
    assert.deepEqual(calls, []);
    await settle();
    assert.deepEqual(calls, [1]);
  });
});

describe('FakeClock', () => {
  it('lets timers go off in their order, and those they set in turn', async () => {
    const clock = new FakeClock();
    const log: string[] = [];
    clock.after(20, () => log.push(`b ${clock.monotonic()}`));
    clock.after(10, () => {
      log.push(`a ${clock.monotonic()}`);
      clock.after(5, () => log.push(`c ${clock.monotonic()}`));
    });
    clock.after(10, () => log.push(`a2 ${clock.monotonic()}`));
    await clock.advance(30);
    assert.deepEqual(log, ['a 10', 'a2 10', 'c 15', 'b 20']);
    assert.equal(clock.monotonic(), 30);
  });

  it('moves the wall clock along, or by itself', async () => {
    const clock = new FakeClock(1_000);
    await clock.advance(5);
    assert.equal(clock.now(), 1_005);
    clock.jump(3_600_000);
    assert.equal(clock.now(), 3_601_005);
    assert.equal(clock.monotonic(), 5);
  });
});
