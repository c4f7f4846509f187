import { Chart, type ChartDataset, type Plugin } from 'chart.js';
import { element, setText } from '../../shared/element.ts';
import type { Translate } from '../../shared/l10n.ts';
import { formatPercent, formatRate, formatSize } from '../formats.ts';
import { dashOf, type ChartTheme } from './chartTheme.ts';
import type { Point, Series } from './series.ts';

interface Shown {
  /** The edges, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Where the crosshair is; undefined shows the latest values. */
  readonly cursor: number | undefined;
}

/** One graph with its title and the values at the crosshair, which are text: a canvas says nothing. */
export class DetailChart {
  readonly root: HTMLElement;
  readonly canvas = element('canvas');
  readonly #title = element('span', { class: 'chart-title' });
  readonly #values = element('span', { class: 'chart-values' });
  readonly #t: Translate;
  readonly #chart: Chart<'line', Point[]>;
  #series: Series;
  #cursor: number | undefined;

  constructor(t: Translate, series: Series, theme: ChartTheme) {
    this.#t = t;
    this.#series = series;
    setText(this.#title, chartTitle(series, t));
    this.#values.append(
      ...series.names.map((_, index) => {
        const swatch = element('span', { class: 'swatch', 'aria-hidden': 'true' });
        swatch.style.borderTopColor = colorOf(theme, index);
        swatch.style.borderTopStyle = dashOf(index).length === 0 ? 'solid' : 'dashed';
        return element('span', {}, swatch, element('span', { class: 'chart-value' }));
      }),
    );
    this.root = element(
      'figure',
      { class: 'chart', 'data-chart': series.data.id },
      element('figcaption', {}, this.#title, this.#values),
      element('div', { class: 'chart-area', 'aria-hidden': 'true' }, this.canvas),
    );
    const crosshair: Plugin<'line'> = {
      id: 'crosshair',
      afterDatasetsDraw: (chart) => {
        this.#drawCrosshair(chart, theme);
      },
    };
    this.#chart = new Chart<'line', Point[]>(this.canvas, {
      type: 'line',
      data: { datasets: this.#datasets(theme) },
      plugins: [crosshair],
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: true,
        maintainAspectRatio: false,
        events: [], // the pane has one crosshair for all
        spanGaps: false,
        plugins: { decimation: { enabled: true, algorithm: 'min-max', threshold: 2_000 } },
        scales: {
          x: {
            type: 'linear',
            grid: { color: theme.grid },
            border: { color: theme.grid },
            ticks: {
              ...{ color: theme.text, font: { family: theme.font, size: 10 } },
              ...{ maxTicksLimit: 5, maxRotation: 0, autoSkip: false },
              callback: (value) => formatTime(Number(value), false),
            },
            afterFit: (axis) => {
              // Room for half a label would come and go, and the graph with it
              axis.paddingLeft = 0;
              axis.paddingRight = 0;
            },
            afterBuildTicks: (axis) => {
              axis.ticks = timeTicks(axis.min, axis.max);
            },
          },
          y: {
            type: 'linear',
            min: 0,
            grid: { color: theme.grid },
            border: { display: false },
            ticks: {
              ...{ color: theme.text, font: { family: theme.font, size: 10 }, maxTicksLimit: 4 },
              ...(series.data.whole === null ? {} : { stepSize: series.data.whole / 2 }),
              callback: (value) => formatValue(series, Number(value)),
            },
            afterFit: (axis) => {
              axis.width = 72; // so that times stand below each other
            },
          },
        },
      },
    });
  }

  get series(): Series {
    return this.#series;
  }

  draw(series: Series, { from, to, cursor }: Shown): void {
    this.#series = series;
    this.#cursor = cursor;
    for (const [index, dataset] of this.#chart.data.datasets.entries()) {
      dataset.data = series.lines[index] ?? [];
    }
    const { x, y } = this.#chart.options.scales ?? {};
    if (x && y) {
      x.min = from;
      x.max = to;
      const { whole } = series.data;
      if (whole === null) {
        y.suggestedMax = 1_000;
      } else {
        // The work done for a VM outside of it counts, too, and goes beyond all its vCPUs
        y.max = Math.max(whole, highest(series, from));
      }
    }
    this.#chart.update('none');
    for (const [index, text] of this.#texts().entries()) {
      const value = this.#values.children[index]?.lastElementChild;
      if (value) {
        setText(value, text);
      }
    }
  }

  /** What the lines have at the crosshair, or had last. */
  values(): string {
    return this.#texts().join(' · ');
  }

  #texts(): readonly string[] {
    const t = this.#t;
    const series = this.#series;
    const time = this.#cursor ?? series.times.at(-1);
    const values = time === undefined ? [] : series.at(time);
    return values.map((value, index) => {
      const text = value === null ? '–' : formatValue(series, value);
      const name = lineName(series.names[index] ?? '', t);
      return series.names.length === 1 ? text : `${name} ${text}`;
    });
  }

  /** The time at a place of the page; undefined if that is not in the graph. */
  timeAt(clientX: number): number | undefined {
    const { left } = this.canvas.getBoundingClientRect();
    const { chartArea } = this.#chart;
    const x = clientX - left;
    return x < chartArea.left || x > chartArea.right
      ? undefined
      : (this.#chart.scales['x']?.getValueForPixel(x) ?? undefined);
  }

  dispose(): void {
    this.#chart.destroy();
    this.root.remove();
  }

  #datasets(theme: ChartTheme): ChartDataset<'line', Point[]>[] {
    const { lines } = this.#series;
    return lines.map((data, index) => {
      const color = colorOf(theme, index);
      return {
        data,
        ...{ borderColor: color, borderWidth: 1.5, borderDash: [...dashOf(index)] },
        ...{ backgroundColor: color, pointRadius: lonePoints, pointBorderWidth: 0 },
      };
    });
  }

  #drawCrosshair(chart: Chart, theme: ChartTheme): void {
    const x =
      this.#cursor === undefined ? undefined : chart.scales['x']?.getPixelForValue(this.#cursor);
    const { ctx, chartArea } = chart;
    if (x === undefined || x < chartArea.left || x > chartArea.right) {
      return;
    }
    ctx.save();
    ctx.strokeStyle = theme.crosshair;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(x, chartArea.top);
    ctx.lineTo(x, chartArea.bottom);
    ctx.stroke();
    ctx.restore();
  }
}

function highest({ lines }: Series, from: number): number {
  let found = 0;
  for (const line of lines) {
    for (const { x, y } of line) {
      found = x >= from && y !== null && y > found ? y : found;
    }
  }
  return found;
}

function colorOf(theme: ChartTheme, index: number): string {
  return theme.lines[index % theme.lines.length] ?? theme.text;
}

/** A point between two gaps has no line, and would not be seen. */
function lonePoints(context: {
  readonly dataIndex: number;
  readonly dataset: { data: unknown };
}): number {
  const points = context.dataset.data as readonly Point[];
  const { dataIndex: at } = context;
  const isGap = (point: Point | undefined): boolean => (point?.y ?? null) === null;
  return !isGap(points[at]) && isGap(points[at - 1]) && isGap(points[at + 1]) ? 1.5 : 0;
}

export function chartTitle({ data }: Series, t: Translate): string {
  switch (data.kind) {
    case 'cpu':
      return t('CPU');
    case 'vcpus':
      return t('CPU per vCPU');
    case 'memory':
      return data.whole === null ? t('Memory') : t('Memory of {0}', formatSize(data.whole));
    case 'disk':
      return t('Disk {0}', data.device);
    case 'nic':
      return t('Network {0}', data.device);
  }
}

function lineName(name: string, t: Translate): string {
  switch (name) {
    case 'read':
      return t('read');
    case 'written':
      return t('written');
    case 'received':
      return t('in');
    case 'sent':
      return t('out');
    default:
      return name;
  }
}

function formatValue({ data }: Series, value: number): string {
  switch (data.kind) {
    case 'cpu':
    case 'vcpus':
      return formatPercent(value);
    case 'memory':
      return formatSize(value);
    case 'disk':
    case 'nic':
      return formatRate(value);
  }
}

export function formatTime(at: number, withSeconds: boolean): string {
  return new Date(at).toLocaleTimeString(undefined, {
    ...{ hour: '2-digit', minute: '2-digit' },
    ...(withSeconds ? { second: '2-digit' } : {}),
  });
}

const minuteMs = 60_000;
const steps = [1, 2, 5, 15, 30, 60, 120, 240, 360].map((minutes) => minutes * minuteMs);

/** Round times of the clock on the wall. */
function timeTicks(from: number, to: number): { readonly value: number }[] {
  const step = steps.find((candidate) => (to - from) / candidate <= 5) ?? 6 * 60 * minuteMs;
  const offset = new Date(to).getTimezoneOffset() * minuteMs;
  const ticks: { readonly value: number }[] = [];
  const edge = (to - from) * 0.06; // a label there would be cut
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) {
    if (at - from > edge && to - at > edge) {
      ticks.push({ value: at });
    }
  }
  return ticks;
}
