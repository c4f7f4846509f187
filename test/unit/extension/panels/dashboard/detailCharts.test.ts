import assert from 'node:assert/strict';
import {
  detailCharts,
  detailValues,
} from '../../../../../src/extension/panels/dashboard/detailCharts.ts';
import { DeviceHistory } from '../../../../../src/inventory/deviceHistory.ts';
import { History } from '../../../../../src/inventory/history.ts';
import type { DeviceSample, DomainSample } from '../../../../../src/model/sample.ts';

const start = Date.UTC(2026, 10, 25, 10);
const uuid = '00000000-0000-4000-8000-000000000001';

/** All that is known of a VM at a time. */
type Known = DomainSample & DeviceSample;

function sampleAt(at: number, change: Partial<Known> = {}): Known {
  return {
    at,
    ...{ cpuCores: 1.5, vcpus: 2, vcpuCores: [1, 0.5] },
    ...{ memoryKiB: 2_048, memoryUsedKiB: 1_024, memoryToldAt: undefined, residentKiB: 4_096 },
    ...{ readBytesPerSecond: 10, writeBytesPerSecond: 20 },
    ...{ readRequestsPerSecond: 1, writeRequestsPerSecond: 2 },
    ...{ receiveBytesPerSecond: 30, transmitBytesPerSecond: 40 },
    disks: [
      {
        ...{ name: 'vda', readBytesPerSecond: 10, writeBytesPerSecond: 20 },
        ...{ readRequestsPerSecond: 1, writeRequestsPerSecond: 2 },
        ...{ capacityBytes: 1e9, allocationBytes: 1e8 },
      },
    ],
    interfaces: [{ name: '', receiveBytesPerSecond: 30, transmitBytesPerSecond: undefined }],
    ...change,
  };
}

/** What is known of a VM that was read every two seconds. */
function recorded(samples: readonly Known[]) {
  const history = new History(8, start);
  const devices = new DeviceHistory(start);
  for (const sample of samples) {
    history.record(sample.at, [
      ...[sample.cpuCores, sample.memoryUsedKiB],
      ...[undefined, undefined, undefined, undefined, undefined, undefined],
    ]);
    devices.record(sample.at, sample);
  }
  return {
    domain: () => samples.at(-1),
    devices: () => samples.at(-1),
    domainHistory: () => history,
    deviceHistory: () => devices,
    ...{ node: undefined, nodeHistory: undefined },
  };
}

const shown = { span: '15m', now: start + 10_000 } as const;

describe('the graphs of one VM', () => {
  it('are in percent of its vCPUs, bytes and bytes per second', () => {
    const charts = detailCharts(recorded([sampleAt(start), sampleAt(start + 2_000)]), uuid, shown);
    assert.deepEqual(
      charts.map(({ id, whole, lines }) => [id, whole, lines.map(({ values }) => values.at(-1))]),
      [
        ['cpu', 100, [75]],
        ['vcpus', 100, [100, 50]],
        ['memory', 2_097_152, [1_048_576]],
        ['disk vda', null, [10, 20]],
        ['nic nic 0', null, [30, null]],
      ],
    );
  });

  it('have values of the same ids and order, tick by tick', () => {
    const sampler = recorded([sampleAt(start)]);
    assert.deepEqual(detailValues(sampler, uuid), {
      cpu: [75],
      vcpus: [100, 50],
      memory: [1_048_576],
      'disk vda': [10, 20],
      'nic nic 0': [30, null],
    });
  });

  it('show a single vCPU once, and nothing that nobody tells', () => {
    const single = { vcpus: 1, vcpuCores: [1.02], cpuCores: 1.02, memoryUsedKiB: undefined };
    const charts = detailCharts(
      recorded([sampleAt(start, { ...single, disks: [], interfaces: [] })]),
      uuid,
      shown,
    );
    assert.deepEqual(
      charts.map(({ id, lines }) => [id, lines[0]?.values]),
      [['cpu', [102]]],
    );
  });

  it('begin a line where its device came', () => {
    const before = sampleAt(start, { vcpuCores: [1] });
    const charts = detailCharts(recorded([before, sampleAt(start + 2_000)]), uuid, shown);
    const vcpus = charts.find(({ id }) => id === 'vcpus');
    assert.deepEqual(vcpus?.times, [start, start + 2_000]);
    assert.deepEqual(
      vcpus.lines.map(({ values }) => values),
      [
        [100, 100],
        [null, 50],
      ],
    );
  });

  it('are none of a VM that was never read', () => {
    const sampler = { ...recorded([]), domain: () => undefined };
    assert.deepEqual(detailCharts(sampler, uuid, shown), []);
    assert.deepEqual(detailValues(sampler, uuid), {});
  });
});

describe('the graphs of a host', () => {
  it('are in percent of all its cores, and bytes', () => {
    const history = new History(2, start);
    history.record(start, [0.25, 4_096]);
    const sampler = {
      ...recorded([]),
      node: { at: start, cpuUse: 0.25, memoryTotalKiB: 8_192, memoryUsedKiB: 4_096 },
      nodeHistory: history,
    };
    assert.deepEqual(
      detailCharts(sampler, undefined, shown).map(({ id, whole, lines }) => [
        id,
        whole,
        lines[0]?.values,
      ]),
      [
        ['cpu', 100, [25]],
        ['memory', 8_388_608, [4_194_304]],
      ],
    );
    assert.deepEqual(detailValues(sampler, undefined), { cpu: [25], memory: [4_194_304] });
  });
});
