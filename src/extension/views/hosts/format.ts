const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/**
 * CPU time as a share of what the VM may use, without decimals.
 * @param cores cores of the host, busy all the time
 * @param vcpus how many the VM has; one core is 100 % where that is not known
 */
export function formatCores(cores: number, vcpus: number | undefined): string {
  return `${Math.round((cores / Math.max(1, vcpus ?? 1)) * 100)}%`;
}

/** `1.2/4 GiB` where the guest tells what it uses, else `4 GiB`; both in the unit of the whole. */
export function formatMemory(usedKiB: number | undefined, totalKiB: number): string {
  let unit = 0;
  let divisor = 1;
  while (totalKiB / divisor >= 1024 && unit < units.length - 1) {
    divisor *= 1024;
    unit++;
  }
  const total = `${trimmed(totalKiB / divisor)} ${units[unit] ?? ''}`;
  return usedKiB === undefined ? total : `${trimmed(usedKiB / divisor)}/${total}`;
}

/** A moment, as short as it is clear: the time of day today, the day this year, else the date. */
export function formatSince(at: number, now: number): string {
  const then = new Date(at);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) {
    return timeOfDay.format(then);
  }
  return (then.getFullYear() === today.getFullYear() ? dayOfYear : date).format(then);
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** One decimal where it says something. */
function trimmed(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '');
}
