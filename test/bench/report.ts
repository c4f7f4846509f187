import type { Machine } from './machine.ts';
import type { BenchResult, Figure, Goal } from './measure.ts';

/** A bench that was run: what it found, or why it could not. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly result?: BenchResult;
  readonly failure?: string;
}

function isMet(value: number, goal: Goal): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** Three digits that count. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) {
    return Math.round(value).toLocaleString('en');
  }
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function renderGoal({ value, unit, goal }: Figure): string {
  if (!goal) {
    return '';
  }
  const wanted = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
  return `  goal ${wanted} ${unit}: ${isMet(value, goal) ? 'met' : 'NOT MET'}`;
}

function renderSpread({ spread }: Figure): string {
  if (!spread) {
    return '';
  }
  const { runs, min, max } = spread;
  return `  (${formatNumber(min)} to ${formatNumber(max)}, ${runs} runs)`;
}

function renderFigure(figure: Figure, width: number): string {
  const name = `${figure.what}${figure.is ? `, ${figure.is}` : ''}`.padEnd(width);
  const value = `${formatNumber(figure.value)} ${figure.unit}`;
  return `  ${name}  ${value.padStart(12)}${renderGoal(figure)}${renderSpread(figure)}`;
}

export function renderMachine(machine: Machine): string {
  const { cores, cpu, memoryGiB, node, libvirt, qemu, loadBefore } = machine;
  return (
    `${cores} cores (${cpu}), ${memoryGiB} GiB, load ${loadBefore.toFixed(1)} before; ` +
    `Node ${node}, libvirt ${libvirt}, QEMU ${qemu}\n` +
    'Values are medians unless told; in brackets the least and the greatest of the runs.'
  );
}

export function renderOutcome({ name, title, seconds, result, failure }: Outcome): string {
  const head = `\n${name}: ${title} (${seconds.toFixed(0)} s)`;
  if (!result) {
    return `${head}\n  FAILED: ${failure ?? 'it told nothing'}`;
  }
  const width = Math.max(...result.figures.map(({ what, is }) => what.length + (is ? 5 : 0)));
  return [
    head,
    ...result.figures.map((figure) => renderFigure(figure, width)),
    ...result.notes.map((note) => `  ${note}`),
  ].join('\n');
}

/** How the goals fared, in one line. */
export function renderSummary(outcomes: readonly Outcome[]): string {
  const figures = outcomes.flatMap(({ result }) => result?.figures ?? []);
  const goals = figures.filter(({ goal }) => goal);
  const met = goals.filter(({ value, goal }) => goal && isMet(value, goal)).length;
  const failed = outcomes.filter(({ result }) => !result).length;
  return `\n${met} of ${goals.length} goals met; ${failed} benches failed.`;
}

/** Everything, for a program to read. */
export function toJson(machine: Machine, outcomes: readonly Outcome[]): string {
  const benches = outcomes.map(({ result, ...outcome }) => ({
    ...outcome,
    figures: result?.figures.map((figure) =>
      figure.goal ? { ...figure, met: isMet(figure.value, figure.goal) } : figure,
    ),
    notes: result?.notes,
  }));
  return JSON.stringify({ machine, benches }, undefined, 2);
}
