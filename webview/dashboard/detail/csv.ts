import type { Series } from './series.ts';

/** All points of all charts as a table: a line for each time, a column for each line of a chart; gaps are empty. */
export function toCsv(all: readonly Series[]): string {
  const columns = all.flatMap((series) =>
    series.lines.map((points, index) => ({
      title: [titleOf(series), series.names[index] ?? ''].filter((part) => part !== '').join(' '),
      byTime: new Map(points.map(({ x, y }) => [x, y])),
    })),
  );
  const times = [...new Set(columns.flatMap(({ byTime }) => [...byTime.keys()]))].sort(
    (a, b) => a - b,
  );
  const rows = times.map((time) => [
    new Date(time).toISOString(),
    ...columns.map(({ byTime }) => String(byTime.get(time) ?? '')),
  ]);
  return [['time', ...columns.map(({ title }) => title)], ...rows]
    .map((cells) => cells.map(quoted).join(','))
    .join('\r\n');
}

const units = { cpu: '%', vcpus: '%', memory: 'B', disk: 'B/s', nic: 'B/s' } as const;

function titleOf({ data }: Series): string {
  return `${data.kind}${data.device === '' ? '' : ` ${data.device}`} [${units[data.kind]}]`;
}

/** A name that begins like a formula must not become one in a spreadsheet. */
function quoted(cell: string): string {
  const safe = /^[=+\-@]/.test(cell) && !/^-?[\d.]+$/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
