import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { allGroups } from '../../src/inventory/sampler.ts';
import { StatsReader } from '../../src/inventory/statsReader.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import type { Domain } from '../../src/model/domain.ts';

/** The sampler's reader of statistics, by itself. */
export function createReader(fast: Connection): {
  readonly read: (domains: readonly Domain[]) => Promise<void>;
  readonly expectRecords: (count: number) => void;
} {
  let records = 0;
  const reader = new StatsReader({
    fast,
    callSlow: () => Promise.reject(new Error('a guest did not answer in time')),
    clock: systemClock,
    log: silentLog,
    onRecord: () => {
      records++;
    },
    onAnswering: () => undefined,
  });
  return {
    read: (domains) => reader.read(domains, allGroups),
    expectRecords: (count) => {
      if (records !== count) {
        throw new Error(`${records} records were read where there should be ${count}`);
      }
    },
  };
}
