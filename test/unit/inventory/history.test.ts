import assert from 'node:assert/strict';
import { DeviceHistory } from '../../../src/inventory/deviceHistory.ts';
import { History } from '../../../src/inventory/history.ts';
import { toCounters } from '../../../src/inventory/counters.ts';
import { DomainFigures } from '../../../src/inventory/domainFigures.ts';
import { allGroups } from '../../../src/inventory/sampler.ts';

const start = 1_700_000_000_000;

describe('history', () => {
  it('keeps every tick for 15 minutes, and gaps as gaps', () => {
    const history = new History(2, start);
    for (let second = 0; second < 1_200; second += 2) {
      history.record(start + second * 1_000, [second, second === 1_000 ? undefined : 1]);
    }
    const now = start + 1_198_000;
    const points = history.points(0, 'tick', now);
    assert.equal(points.length, 450);
    assert.deepEqual(points.at(-1), { at: now, min: 1_198, mean: 1_198, max: 1_198 });
    assert.ok(points[0]!.at >= now - 15 * 60_000);
    assert.equal(history.points(1, 'tick', now).length, 449);
    assert.equal(history.points(0, 'tick', now + 16 * 60_000).length, 0, 'too old to show');
  });

  it('summarises ten seconds and five minutes', () => {
    const history = new History(1, start);
    for (let second = 0; second <= 600; second += 2) {
      history.record(start + second * 1_000, [second % 10]);
    }
    const now = start + 600_000;
    const ten = history.points(0, 'tenSeconds', now);
    assert.equal(ten.length, 60);
    assert.deepEqual(ten[0], { at: start, min: 0, mean: 4, max: 8 });
    const five = history.points(0, 'fiveMinutes', now);
    assert.deepEqual(
      five.map(({ at, min, max }) => [at, min, max]),
      [
        [start, 0, 8],
        [start + 300_000, 0, 8],
      ],
    );
  });

  it('takes what its documentation says, however long it runs', () => {
    const history = new History(8, start);
    const figures = Array.from({ length: 8 }, (_, index) => index);
    assert.ok(history.byteLength < 8_000, 'little at first');
    let full = 0;
    for (let second = 0; second < 30 * 3_600; second += 2) {
      history.record(start + second * 1_000, figures);
      if (second === 25 * 3_600) {
        full = history.byteLength;
      }
    }
    assert.equal(history.byteLength, full);
    assert.equal(full, 450 * (8 + 4 * 8) + (360 + 288) * (8 + 12 * 8));
  });

  it('of devices: a series each, by name', () => {
    const devices = new DeviceHistory(start);
    const counters = toCounters(
      Object.entries({
        ...{ 'vcpu.maximum': 1, 'vcpu.0.time': 1, 'net.count': 1, 'net.0.rx.bytes': 1 },
        ...{ 'net.0.tx.bytes': 1, 'block.count': 1, 'block.0.name': 'vda' },
        ...{ 'block.0.rd.bytes': 1, 'block.0.wr.bytes': 1 },
      }).map(([field, value]) => ({ field, type: 4, value })),
    );
    const first = { counters, monotonic: 0, at: start };
    const second = { counters, monotonic: 1_000, at: start + 1_000 };
    const figures = new DomainFigures();
    figures.add(first, allGroups);
    figures.add(second, allGroups);
    devices.record(second.at, figures.devices);
    assert.deepEqual([...devices.disks.keys()], ['vda']);
    assert.deepEqual([...devices.interfaces.keys()], ['nic 0']);
    assert.equal(devices.vcpus[0]?.points(0, 'tick', start + 1_000).length, 1);
  });
});
