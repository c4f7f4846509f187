import * as fs from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { timed } from './measure.ts';

/** The interval of the timers that watch: an idle loop shows this much, which is no block. */
const tickMs = 1;
/** Of the main thread: time on a core, time waiting for one, both in ns, and turns (Documentation/scheduler/sched-stats). */
const schedstat = '/proc/self/schedstat';

/** What an action did to the event loop. */
export interface LoopUse {
  readonly elapsedMs: number;
  /** The longest time for which nothing else was served. */
  readonly longestBlockMs: number;
  /**
   * The same, less what of each block we were ready and no core was free: where the hosts are simulated on the same
   * machine, they had it. Known on Linux only.
   */
  readonly longestOwnBlockMs: number;
  /** How long the loop worked, as opposed to waiting. */
  readonly busyMs: number;
}

/** Watches the event loop during an action. */
export async function watchLoop(action: () => unknown): Promise<LoopUse> {
  const histogram = monitorEventLoopDelay({ resolution: tickMs });
  histogram.enable();
  const own = watchOwnBlocks();
  try {
    // Its first tick has none before it to be measured from
    await delay(5);
    const before = performance.eventLoopUtilization();
    const elapsedMs = await timed(action);
    const use = performance.eventLoopUtilization(before);
    // A block at the very end shows at the tick after it
    await delay(5);
    const longestBlockMs = Math.max(0, histogram.max / 1e6 - tickMs);
    return {
      elapsedMs,
      longestBlockMs,
      // The two watch with timers of their own
      longestOwnBlockMs: Math.min(longestBlockMs, own.longestMs()),
      busyMs: use.active,
    };
  } finally {
    histogram.disable();
    own.stop();
  }
}

function watchOwnBlocks(): { longestMs(): number; stop(): void } {
  const file = fs.existsSync(schedstat) ? fs.openSync(schedstat, 'r') : undefined;
  const text = Buffer.alloc(100);
  const waitedMs = (): number => {
    if (file === undefined) {
      return 0;
    }
    const length = fs.readSync(file, text, 0, text.length, 0);
    return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  };
  let longest = 0;
  let last = { at: performance.now(), waited: waitedMs() };
  const timer = setInterval(() => {
    const now = { at: performance.now(), waited: waitedMs() };
    longest = Math.max(longest, now.at - last.at - (now.waited - last.waited) - tickMs);
    last = now;
  }, tickMs);
  return {
    longestMs: () => longest,
    stop: () => {
      clearInterval(timer);
      if (file !== undefined) {
        fs.closeSync(file);
      }
    },
  };
}
