import {
  Chart,
  Decimation,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
} from 'chart.js';

/** Registers the parts of chart.js that graphs over time need, and no others. */
export function registerChartParts(): void {
  Chart.register(LineController, LineElement, PointElement, LinearScale, Decimation, Filler);
}
