import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DemoTime } from '../../../src/demo/demoTime.ts';
import { DemoVm } from '../../../src/demo/demoVm.ts';
import { Figures } from '../../../src/demo/figures.ts';
import { Load } from '../../../src/demo/load.ts';
import { createRandom, randomUuid } from '../../../src/demo/random.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

function aRunningVm(seed: number): {
  readonly vm: DemoVm;
  readonly clock: FakeClock;
  readonly counters: () => readonly number[];
} {
  const clock = new FakeClock();
  const time = new DemoTime(clock);
  const vm = new DemoVm(randomUuid(createRandom(seed)), 'web-01', { seed, index: seed % 12 });
  vm.powerOn(1);
  vm.state = 'running';
  vm.runFrom(clock.monotonic());
  return {
    vm,
    clock,
    counters: () => {
      const figures = new Figures(vm, time);
      return [
        figures.cpu.timeNs,
        figures.cpu.userNs,
        figures.cpu.systemNs,
        figures.vcpuNs(0),
        ...numbersOf(figures.disk(0)),
        ...numbersOf(figures.interface(0)),
      ];
    },
  };
}

function numbersOf(figures: object): readonly number[] {
  return (Object.values(figures) as readonly unknown[]).filter(
    (value) => typeof value === 'number',
  );
}

describe('demo/figures', () => {
  it('has loads above 0 whose sums grow as fast as they are high', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 0, max: 1e7, noNaN: true }), (seed, seconds) => {
        const load = new Load(seed);
        assert.ok(load.at(seconds) > 0);
        const grown = load.until(seconds + 0.01) - load.until(seconds);
        assert.ok(Math.abs(grown / 0.01 - load.at(seconds)) < 0.05);
      }),
    );
  });

  it('has counters that never go back, stand still in a pause and begin anew with a start', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), fc.boolean()), { minLength: 1 }),
        async (seed, steps) => {
          const { vm, clock, counters } = aRunningVm(seed);
          let before = counters();
          let isRunning = true;
          for (const [ms, toggles] of steps) {
            await clock.advance(ms);
            const now = counters();
            for (const [index, value] of now.entries()) {
              assert.ok(Number.isSafeInteger(value) && value >= before[index]!);
            }
            if (!isRunning) {
              assert.deepEqual(now, before);
            }
            before = now;
            if (toggles) {
              isRunning = !isRunning;
              if (isRunning) {
                vm.runFrom(clock.monotonic());
              } else {
                vm.holdAt(clock.monotonic());
              }
            }
          }
          vm.powerOff();
          vm.powerOn(2);
          assert.ok(counters().every((value) => value === 0));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has processors that together run what the VM runs, and never more than there is time', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const { vm, clock } = aRunningVm(seed);
      await clock.advance(3_600_000);
      const figures = new Figures(vm, new DemoTime(clock));
      const { vcpus } = vm.hardware;
      const sum = Array.from({ length: vcpus }, (_, index) => figures.vcpuNs(index)).reduce(
        (total, each) => total + each,
        0,
      );
      assert.ok(Math.abs(sum - figures.cpu.timeNs) <= 2e7 * vcpus, `${sum}`);
      assert.ok(figures.vcpuNs(0) < 3_600e9 * 1.05);
    }
  });

  it('has memory that a guest tells of every five seconds and not while it is paused', async () => {
    const { vm, clock } = aRunningVm(0);
    const memory = () => new Figures(vm, new DemoTime(clock)).memory;
    assert.equal(memory(), undefined);
    await clock.advance(63_000);
    const told = memory()!;
    assert.equal(told.lastUpdate, Math.floor(clock.now() / 1_000) - 3);
    assert.ok(told.unused <= told.usable && told.usable < told.available);
    vm.holdAt(clock.monotonic());
    vm.state = 'paused';
    vm.pausedAtMs = clock.now();
    await clock.advance(600_000);
    assert.deepEqual(memory(), told);
  });
});
