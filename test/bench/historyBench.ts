import { toCounters } from '../../src/inventory/counters.ts';
import { History } from '../../src/inventory/history.ts';
import { DomainFigures } from '../../src/inventory/domainFigures.ts';
import { allGroups } from '../../src/inventory/sampler.ts';
import { guestParameters } from './guestParameters.ts';
import { heldBytes, plainFigure, timed, type BenchResult } from './measure.ts';

const historyVms = 20;
const seriesOfVm = 8;
const lastFiguresVms = 1_000;
const tickMs = 2_000;
const dayMs = 24 * 60 * 60_000;
const day = dayMs / tickMs;

/** What sampling a VM takes of our memory. */
export async function historyBench(): Promise<BenchResult> {
  const before = await heldBytes();
  const histories = Array.from({ length: historyVms }, () => new History(seriesOfVm, 0));
  const fillMs = await timed(() => {
    for (const history of histories) {
      for (let tick = 0; tick < day; tick++) {
        history.record(tick * tickMs, someFigures(tick));
      }
    }
  });
  const held = ((await heldBytes()) - before) / historyVms;
  const told = histories.reduce((sum, history) => sum + history.byteLength, 0) / historyVms;
  return {
    figures: [
      plainFigure('full history, per VM', held, 'B'),
      plainFigure('full history by its own account, per VM', told, 'B'),
      plainFigure('recording a tick', (fillMs * 1_000) / (historyVms * day), 'µs'),
      plainFigure('last reading and sample, per VM', await lastFiguresBytes(), 'B'),
    ],
    notes: [
      `A full history: ${seriesOfVm} series of a VM every ${tickMs / 1_000} s for a day.`,
      'Last reading and sample: what is kept besides, of a VM with two vCPUs, a disk and an interface.',
    ],
  };
}

function someFigures(tick: number): readonly number[] {
  return Array.from({ length: seriesOfVm }, (_, series) => tick * (series + 0.5));
}

async function lastFiguresBytes(): Promise<number> {
  const before = await heldBytes();
  const kept: DomainFigures[] = [];
  for (let vm = 0; vm < lastFiguresVms; vm++) {
    const earlier = { counters: toCounters(guestParameters(vm, 0)), monotonic: 0, at: 0 };
    const reading = { counters: toCounters(guestParameters(vm, 1)), monotonic: tickMs, at: tickMs };
    const figures = new DomainFigures();
    figures.add(earlier, allGroups);
    figures.add(reading, allGroups);
    kept.push(figures);
  }
  const held = (await heldBytes()) - before;
  // Their number is asked for afterwards, so that they are still there
  return held / kept.length;
}
