import type { Translate } from '../shared/l10n.ts';

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const decimal = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function scaled(bytes: number, step: number, units: readonly string[]): string {
  let value = bytes;
  let unit = 0;
  while (value >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  const text = unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1);
  return `${text.replace(/\.0$/, '')} ${units[unit] ?? ''}`;
}

/** `1.5 GiB` */
export function formatSize(bytes: number): string {
  return scaled(bytes, 1_024, binary);
}

/** `1.5 MB/s` */
export function formatRate(bytesPerSecond: number): string {
  return `${scaled(bytesPerSecond, 1_000, decimal)}/s`;
}

/** Without decimals. */
export function formatPercent(percent: number): string {
  return `${Math.round(percent)}%`;
}

/** The largest unit that is full, such as `4 d`; milliseconds. */
export function formatDuration(ms: number, t: Translate): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) {
    return t('{0} s', seconds);
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return t('{0} min', minutes);
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t('{0} h', hours) : t('{0} d', Math.floor(hours / 24));
}
