import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type { DashboardPatch } from '../../src/contract/dashboard.ts';
import { DemoProcess } from '../tools/demo/demoProcess.ts';
import { mustRun } from '../tools/rig/command.ts';
import { postTo } from '../tools/webview/servePage.ts';
import { startBrowser } from '../tools/workbench/browser.ts';
import { LiveDashboard, viewport } from './liveDashboard.ts';
import { median, medianFigure, plainFigure, type BenchResult, type Figure } from './measure.ts';

const runs = 10;
const tickMs = 2_000;
/** What half an hour of ticks is. */
const halfAnHour = 900;
const scrolledFrames = 300;
const goals = {
  openMs: 300,
  patchKB: 100,
  tickMs: 8,
  slowFramesPercent: 1,
  frameMs: 8,
  grownMiB: 1,
};

const sizes = [
  { hosts: 1, vms: 100 },
  { hosts: 10, vms: 100 },
  { hosts: 10, vms: 1_000 },
] as const;

/** The dashboard's page in a plain browser, fed by our own core, with simulated hosts in processes of their own. */
export async function dashboardBench(): Promise<BenchResult> {
  await mustRun([process.execPath, 'esbuild.mjs']);
  const browser = await startBrowser();
  try {
    const figures: Figure[] = [await emptyPage(browser)];
    const opens: number[] = [];
    for (const { hosts, vms } of sizes) {
      const found = await withDashboard(hosts, vms, (live) => measure(live, browser, hosts * vms));
      figures.push(...found.figures);
      opens.push(found.openMs);
    }
    const [, thousand = Number.NaN, tenThousand = Number.NaN] = opens;
    figures.push(plainFigure('10,000 VMs take as long as 1,000', tenThousand / thousand, '×'));
    return {
      figures,
      notes: [
        'From navigation to the frame after the first rows with figures; medians of 10. The page is opened on what hosts told, and',
        'told again what they told within ticks: while it is measured, simulated hosts are quiet, which would take its two cores.',
        'Script is all that the page ran: with the message until it was drawn, or until the next; memory after a collection of garbage.',
      ],
    };
  } finally {
    await browser.close();
  }
}

/** What the browser takes by itself: it tells how fast this machine is just now. */
async function emptyPage(browser: Browser): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    await page.goto('data:text/html,<p>Nothing</p>');
    const drawnAt =
      'new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())))';
    times.push(await page.evaluate<number>(drawnAt));
    await context.close();
  }
  return medianFigure('an empty page: open', times.slice(1), 'ms');
}

async function withDashboard<T>(
  hosts: number,
  vms: number,
  action: (live: LiveDashboard) => Promise<T>,
): Promise<T> {
  const demos: DemoProcess[] = [];
  let live: LiveDashboard | undefined;
  try {
    for (let host = 0; host < hosts; host++) {
      const program = ['dist/demo.cjs'];
      demos.push(await DemoProcess.start({ vms, seed: host + 1, program, niceness: 19 }));
    }
    live = new LiveDashboard(demos.map(({ uri }) => uri));
    await live.look();
    await delay(5 * tickMs);
    return await action(live);
  } finally {
    live?.dispose();
    await Promise.all(demos.map((demo) => demo.stop()));
  }
}

async function measure(
  live: LiveDashboard,
  browser: Browser,
  vms: number,
): Promise<{ readonly figures: readonly Figure[]; readonly openMs: number }> {
  const of = `${vms.toLocaleString('en')} VMs:`;
  const isThousand = vms === 1_000;
  const figures: Figure[] = [await sent(live, browser, of, isThousand)];
  live.lookAway();
  await delay(tickMs);
  const opens: number[] = [];
  // The first compiles it, and does not count
  for (let run = 0; run <= runs; run++) {
    const page = await live.open(browser);
    opens.push(await page.evaluate<number>('drawnAt'));
    await page.context().close();
  }
  const times = opens.slice(1);
  const openGoal = isThousand ? { atMost: goals.openMs } : undefined;
  figures.push(medianFigure(`${of} open`, times, 'ms', openGoal));
  const page = await live.open(browser);
  await page.evaluate('drawnAt');
  const replay = new Replay(live, page);
  figures.push(...(await ticks(replay, page, of, isThousand)));
  if (vms === 10_000) {
    figures.push(...(await scrolling(replay, page, of)));
  }
  if (isThousand) {
    figures.push(await growth(replay, page, of));
  }
  await page.context().close();
  return { figures, openMs: median(times) };
}

/** What a page is sent for a tick. */
async function sent(
  live: LiveDashboard,
  browser: Browser,
  of: string,
  isThousand: boolean,
): Promise<Figure> {
  const page = await live.open(browser);
  await page.evaluate('drawnAt');
  await delay(tickMs);
  const bytes: number[] = [];
  for (let run = 0; run < runs; run++) {
    const from = live.told.length;
    await delay(tickMs);
    bytes.push(live.told.slice(from).reduce((sum, told) => sum + told.bytes, 0) / 1_000);
  }
  await page.context().close();
  const goal = isThousand ? { atMost: goals.patchKB } : undefined;
  return medianFigure(`${of} sent in 2 s`, bytes, 'KB', goal);
}

/** What the page does with a tick, until it is drawn, and until the next. */
async function ticks(
  replay: Replay,
  page: Page,
  of: string,
  isThousand: boolean,
): Promise<readonly Figure[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const script = async (): Promise<number> => (await metric(session, 'ScriptDuration')) * 1_000;
  const untilDrawn: number[] = [];
  const untilNext: number[] = [];
  for (let run = 0; run < runs + 2; run++) {
    const before = await script();
    await replay.next();
    await page.evaluate('new Promise((resolve) => rawFrame(() => rawFrame(resolve)))');
    untilDrawn.push((await script()) - before);
    await delay(tickMs);
    untilNext.push((await script()) - before);
  }
  const goal = isThousand ? { atMost: goals.tickMs } : undefined;
  // The first two compile it
  return [
    medianFigure(`${of} script per tick`, untilDrawn.slice(2), 'ms', goal),
    medianFigure(`${of} script in 2 s`, untilNext.slice(2), 'ms'),
  ];
}

/** Ticks go on meanwhile. */
async function scrolling(replay: Replay, page: Page, of: string): Promise<readonly Figure[]> {
  const ticking = setInterval(() => void replay.next(), tickMs);
  const { gaps, scripts } = await page.evaluate<{ gaps: number[]; scripts: number[] }>(`
    new Promise((resolve) => {
      const grid = document.querySelector('[role=grid]');
      const gaps = [];
      let last;
      frames_.length = 0;
      const step = (at) => {
        if (last !== undefined) gaps.push(at - last);
        last = at;
        if (gaps.length >= ${scrolledFrames}) {
          resolve({ gaps, scripts: frames_.slice() });
          return;
        }
        grid.scrollTop += 400;
        rawFrame(step);
      };
      rawFrame(step);
    })`);
  clearInterval(ticking);
  const slow = (gaps.filter((ms) => ms > 25).length / gaps.length) * 100;
  const p95 = scripts.toSorted((a, b) => a - b)[Math.floor(scripts.length * 0.95)] ?? Number.NaN;
  return [
    plainFigure(`${of} frames over 25 ms while scrolling`, slow, '%', {
      atMost: goals.slowFramesPercent,
    }),
    plainFigure(`${of} script per frame while scrolling, p95`, p95, 'ms', {
      atMost: goals.frameMs,
    }),
  ];
}

/** What half an hour adds, by ticks that were really sent, told again and again. */
async function growth(replay: Replay, page: Page, of: string): Promise<Figure> {
  const session = await page.context().newCDPSession(page);
  const after = async (ticks: number): Promise<number> => {
    for (let tick = 0; tick < ticks; tick++) {
      await replay.next();
      await page.evaluate('new Promise((resolve) => rawFrame(resolve))');
    }
    await session.send('HeapProfiler.collectGarbage');
    return (await metric(session, 'JSHeapUsedSize')) / 1_048_576;
  };
  await session.send('Performance.enable');
  // Curves are full by then
  const first = await after(halfAnHour / 3);
  const second = await after(halfAnHour);
  return plainFigure(`${of} memory that half an hour adds`, second - first, 'MiB', {
    atMost: goals.grownMiB,
  });
}

/** Tells a page again what one was told before; nothing else is told it from now on. */
class Replay {
  readonly #page: Page;
  readonly #patches: readonly DashboardPatch[];
  #revision: number;
  #told = 0;

  constructor(live: LiveDashboard, page: Page) {
    live.silence();
    this.#page = page;
    const patches = live.told.map(({ patch }) => patch);
    // Figures only, and of about all hosts
    const most = Math.max(...patches.map(({ figures }) => figures?.length ?? 0));
    this.#patches = patches.filter(({ figures }) => (figures?.length ?? 0) > most / 2);
    this.#revision = live.revision;
  }

  async next(): Promise<void> {
    const patch = this.#patches[this.#told++ % this.#patches.length];
    const data = { ...patch, revision: ++this.#revision };
    await postTo(this.#page, { kind: 'event', name: 'patch', data });
  }
}

async function metric(session: CDPSession, name: string): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((one) => one.name === name)?.value ?? Number.NaN;
}
