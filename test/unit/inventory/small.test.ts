import assert from 'node:assert/strict';
import { Attention } from '../../../src/inventory/attention.ts';
import { backoffMs } from '../../../src/inventory/backoff.ts';
import { Suspects } from '../../../src/inventory/suspects.ts';
import { WakeDetector } from '../../../src/inventory/wakeDetector.ts';
import { formatUuid, parseUuid } from '../../../src/model/uuid.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

describe('attention', () => {
  it('is the sum of who looks, and none when nobody does', () => {
    let changes = 0;
    const attention = new Attention(() => changes++);
    assert.equal(attention.current, undefined);
    const slow = attention.add({ intervalMs: 30_000, groups: 1, isVisible: false });
    const fast = attention.add({ intervalMs: 2_000, groups: 6, isVisible: true });
    assert.deepEqual(attention.current, {
      intervalMs: 2_000,
      paces: [
        { intervalMs: 2_000, groups: 6 },
        { intervalMs: 30_000, groups: 1 },
      ],
      isVisible: true,
    });
    fast.dispose();
    assert.deepEqual(attention.current, {
      intervalMs: 30_000,
      paces: [{ intervalMs: 30_000, groups: 1 }],
      isVisible: false,
    });
    slow.dispose();
    assert.equal(attention.current, undefined);
    assert.equal(changes, 4);
  });
});

describe('attention to figures', () => {
  it('reads each group as often as who wants it most often', () => {
    const attention = new Attention(() => undefined);
    attention.add({ intervalMs: 30_000, groups: 0b111, isVisible: false });
    attention.add({ intervalMs: 2_000, groups: 0b010, isVisible: true });
    attention.add({ intervalMs: 1_000, groups: 0, isVisible: true });
    assert.deepEqual(attention.current?.paces, [
      { intervalMs: 2_000, groups: 0b010 },
      { intervalMs: 30_000, groups: 0b101 },
    ]);
  });
});

describe('backoff', () => {
  it('doubles from the first to the greatest, with jitter over the upper half', () => {
    const at = (attempt: number, random: number): number =>
      backoffMs(attempt, { firstMs: 1_000, maxMs: 60_000, random: () => random });
    assert.deepEqual([at(0, 0), at(0, 1)], [500, 1_000]);
    assert.deepEqual([at(3, 0), at(3, 0.5)], [4_000, 6_000]);
    assert.deepEqual([at(10, 1), at(10_000, 1)], [60_000, 60_000]);
  });
});

describe('the wake detector', () => {
  it('tells a sleep from a busy moment', async () => {
    const clock = new FakeClock();
    const detector = new WakeDetector(clock);
    let woke = 0;
    detector.onDidWake(() => woke++);
    await clock.advance(60_000);
    assert.equal(woke, 0);
    clock.jump(3_600_000);
    await clock.advance(2_000);
    assert.equal(woke, 1);
    detector.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('suspects', () => {
  it('are asked by themselves, once at a time, and for a while after', async () => {
    const clock = new FakeClock();
    const suspects = new Suspects(clock);
    assert.ok(!suspects.isApart('a') && !suspects.mayBeAsked('a'));
    suspects.asked('a');
    assert.ok(suspects.isApart('a') && !suspects.mayBeAsked('a'), 'a call is out');
    assert.equal(suspects.hangs('a'), true);
    assert.equal(suspects.hangs('a'), false, 'no news');
    assert.equal(suspects.answers('a'), true);
    assert.ok(suspects.mayBeAsked('a'), 'still apart');
    await clock.advance(10_001);
    assert.ok(!suspects.isApart('a'));
  });

  it('a VM that only was in a batch that hung goes back at once', () => {
    const suspects = new Suspects(new FakeClock());
    suspects.add('b');
    suspects.asked('b');
    assert.equal(suspects.answers('b'), false);
    assert.ok(!suspects.isApart('b'));
  });

  it('not asked after all, it is asked again; stopped, it is forgotten', () => {
    const suspects = new Suspects(new FakeClock());
    suspects.hangs('c');
    suspects.notAsked('c');
    assert.ok(suspects.mayBeAsked('c'));
    suspects.keepOnly(new Set());
    assert.ok(!suspects.isApart('c'));
  });
});

describe('UUIDs', () => {
  it('are written and read, and nothing else is', () => {
    const text = '0123abcd-4567-89ef-0123-456789abcdef';
    assert.equal(formatUuid(parseUuid(text)), text);
    assert.equal(formatUuid(parseUuid(text.toUpperCase().replaceAll('-', ''))), text);
    assert.throws(() => parseUuid('0123'), RangeError);
    assert.throws(() => parseUuid('g'.repeat(32)), RangeError);
  });
});
