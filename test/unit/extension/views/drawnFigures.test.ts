import assert from 'node:assert/strict';
import { isWorthDrawing } from '../../../../src/extension/views/hosts/drawnFigures.ts';
import type { DomainSample } from '../../../../src/model/sample.ts';

let readings = 0;

function sample(cpuCores: number | undefined, memoryUsedKiB = 500): DomainSample {
  return { at: ++readings, cpuCores, vcpus: 2, memoryUsedKiB, memoryKiB: 1_000 } as DomainSample;
}

describe('new figures of a row', () => {
  const drawn = { at: 1_000, sample: sample(0.2) };

  it('are drawn at once when they are far from what is shown', () => {
    assert.ok(
      isWorthDrawing(drawn, sample(0.3), { now: 1_500, rows: 20 }),
      '10 % to 15 % of two vCPUs',
    );
    assert.ok(isWorthDrawing(drawn, sample(0.2, 560), { now: 1_500, rows: 20 }));
    assert.ok(
      isWorthDrawing(drawn, sample(undefined), { now: 1_500, rows: 20 }),
      'not known any more',
    );
    assert.ok(
      isWorthDrawing({ at: 1_000, sample: undefined }, sample(0), { now: 1_001, rows: 20 }),
      'the first',
    );
  });

  it('wait when they are near, but not for long', () => {
    const near = sample(0.24, 510);
    assert.ok(!isWorthDrawing(drawn, near, { now: 1_500, rows: 20 }));
    assert.ok(isWorthDrawing(drawn, near, { now: 11_000, rows: 20 }));
    assert.ok(!isWorthDrawing(drawn, near, { now: 11_000, rows: 1_000 }), 'of many rows, longer');
    assert.ok(isWorthDrawing(drawn, near, { now: 31_000, rows: 1_000 }));
    assert.ok(
      !isWorthDrawing(drawn, { ...drawn.sample }, { now: 11_000, rows: 20 }),
      'the same reading',
    );
  });
});
