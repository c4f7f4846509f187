import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { CounterRate } from '../../../src/inventory/counterRate.ts';
import { toCounters, type DomainCounters } from '../../../src/inventory/counters.ts';
import { DomainFigures } from '../../../src/inventory/domainFigures.ts';
import type { Reading } from '../../../src/inventory/rates.ts';
import { allGroups } from '../../../src/inventory/sampler.ts';
import { statsGroup } from '../../../src/libvirt/constants.ts';
import type { DomainSample } from '../../../src/model/sample.ts';
import type { TypedParameter } from '../../../src/libvirt/protocol/types.ts';

function params(values: Readonly<Record<string, number | bigint | string>>): TypedParameter[] {
  return Object.entries(values).map(([field, value]) => ({ field, type: 4, value }));
}

function reading(
  atSeconds: number,
  values: Readonly<Record<string, number | bigint | string>>,
): Reading<DomainCounters> {
  return {
    counters: toCounters(params(values)),
    monotonic: atSeconds * 1_000,
    at: 1_000_000 + atSeconds * 1_000,
  };
}

function figuresOf(
  before: Reading<DomainCounters> | undefined,
  after: Reading<DomainCounters>,
): DomainFigures {
  const figures = new DomainFigures();
  if (before) {
    figures.add(before, allGroups);
  }
  figures.add(after, allGroups);
  return figures;
}

function sampleOf(
  before: Reading<DomainCounters> | undefined,
  after: Reading<DomainCounters>,
): DomainSample {
  return figuresOf(before, after).sample;
}

const disk = (read: number, name = 'vda', index = 0): Record<string, number | string> => ({
  [`block.${index}.name`]: name,
  [`block.${index}.rd.bytes`]: read,
  [`block.${index}.wr.bytes`]: 0,
});

describe('figures from counters', () => {
  it('are differences over time', () => {
    const sample = sampleOf(
      reading(10, { 'cpu.time': 1e9, 'vcpu.current': 2, 'block.count': 1, ...disk(1_000) }),
      reading(12, { 'cpu.time': 4e9, 'vcpu.current': 2, 'block.count': 1, ...disk(5_000) }),
    );
    assert.equal(sample.cpuCores, 1.5);
    assert.equal(sample.readBytesPerSecond, 2_000);
    assert.equal(sample.writeBytesPerSecond, 0);
    assert.equal(sample.vcpus, 2);
    assert.equal(sample.receiveBytesPerSecond, undefined, 'no interface, no figure');
  });

  it('are of the last two readings that were asked for them, and stay as they were until the next', () => {
    const all = { 'block.count': 1, ...disk(0) };
    const figures = new DomainFigures();
    figures.add(reading(0, { 'cpu.time': 0, ...all }), allGroups);
    for (const at of [2, 4, 6]) {
      figures.add(reading(at, { 'cpu.time': at * 1e9 }), statsGroup.cpuTotal);
      const { sample } = figures;
      assert.equal(sample.cpuCores, 1);
      assert.equal(sample.at, 1_000_000 + at * 1_000);
      assert.deepEqual(
        figures.devices.disks.map(({ name }) => name),
        ['vda'],
      );
    }
    const later = { 'cpu.time': 16e9, 'block.count': 1, ...disk(1_000) };
    figures.add(reading(10, later), allGroups);
    const whole = figures.sample;
    assert.equal(whole.cpuCores, 2.5);
    assert.equal(whole.readBytesPerSecond, 100, 'over ten seconds, not over four');
    figures.add(reading(12, { 'cpu.time': 16e9 }), statsGroup.cpuTotal);
    const last = figures.sample;
    assert.equal(last.cpuCores, 0);
    assert.equal(last.readBytesPerSecond, 100);
  });

  it('without a first reading there are levels but no rates', () => {
    const sample = sampleOf(undefined, reading(1, { 'cpu.time': 5, 'balloon.current': 1_024 }));
    assert.deepEqual([sample.cpuCores, sample.memoryKiB], [undefined, 1_024]);
  });

  it('what went back or is not told is a gap, not a spike, and what follows is none', () => {
    const rate = new CounterRate();
    const perSecond = (counter: number | bigint | undefined): number | undefined => {
      rate.take(counter, 2);
      return rate.perSecond;
    };
    assert.deepEqual(
      [10, 14, 4, 6, undefined, 8, 9].map((counter) => perSecond(counter)),
      [undefined, 2, undefined, 1, undefined, undefined, 0.5],
    );
    assert.equal(perSecond(2n ** 60n), (2 ** 60 - 9) / 2);
    rate.take(2n ** 60n, 0);
    assert.equal(rate.perSecond, undefined, 'no time has gone by');
  });

  it('are never negative for counters that grow', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 63n }),
        fc.bigInt({ min: 0n, max: 2n ** 40n }),
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        (before, grown, seconds) => {
          const rate = new CounterRate();
          rate.take(before, seconds);
          rate.take(before + grown, seconds);
          const { perSecond } = rate;
          assert.ok(perSecond !== undefined && perSecond >= 0 && Number.isFinite(perSecond));
        },
      ),
    );
  });

  it('devices are matched by name when they come and go', () => {
    const { sample, devices } = figuresOf(
      reading(0, { 'block.count': 2, ...disk(100, 'vda', 0), ...disk(500, 'vdb', 1) }),
      reading(1, { 'block.count': 2, ...disk(600, 'vdb', 0), ...disk(7, 'vdc', 1) }),
    );
    assert.deepEqual(
      devices.disks.map(({ name, readBytesPerSecond }) => [name, readBytesPerSecond]),
      [
        ['vdb', 100],
        ['vdc', undefined],
      ],
    );
    assert.equal(sample.readBytesPerSecond, 100);
  });

  it('what the guest uses is what it says, or unknown', () => {
    const used = (values: Record<string, number>): number | undefined =>
      sampleOf(undefined, reading(0, values)).memoryUsedKiB;
    const told = { 'balloon.available': 1_000, 'balloon.last-update': 5 };
    assert.equal(used({ ...told, 'balloon.usable': 300, 'balloon.unused': 100 }), 700);
    assert.equal(used({ ...told, 'balloon.unused': 100 }), 900);
    assert.equal(used({ 'balloon.rss': 5_000 }), undefined);
    assert.equal(used({ ...told, 'balloon.last-update': 0, 'balloon.usable': 1 }), undefined);
  });

  it('disks that QEMU was not asked about, and absurd counts, are left out', () => {
    const counters = toCounters(
      params({
        'block.count': 4_000_000_000,
        'block.0.name': 'vda',
        'vcpu.maximum': 3,
        'vcpu.2.time': 9,
      }),
    );
    assert.deepEqual(counters.disks, []);
    assert.equal(counters.vcpuTimesNs.length, 1);
  });
});
