import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type { DashboardPatch } from '../../src/contract/dashboard.ts';
import { DemoProcess } from '../tools/demo/demoProcess.ts';
import { mustRun } from '../tools/rig/command.ts';
import { postTo } from '../tools/webview/servePage.ts';
import { startBrowser } from '../tools/workbench/browser.ts';
import { LiveDashboard } from './liveDashboard.ts';
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
    const figures: Figure[] = [];
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
        'From navigation to the frame after the first rows with figures; medians of 10.',
        'Script is all that the page ran, message and frames included; memory after a collection of garbage.',
      ],
    };
  } finally {
    await browser.close();
  }
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
  const opens: number[] = [];
  // The first compiles it, and does not count
  for (let run = 0; run <= runs; run++) {
    const page = await live.open(browser);
    opens.push(await page.evaluate<number>('drawnAt'));
    await page.context().close();
  }
  const times = opens.slice(1);
  const figures = [
    medianFigure(`${of} open`, times, 'ms', isThousand ? { atMost: goals.openMs } : undefined),
  ];
  const page = await live.open(browser);
  await page.evaluate('drawnAt');
  figures.push(...(await ticks(live, page, of, isThousand)));
  if (vms === 10_000) {
    figures.push(...(await scrolling(page, of)));
  }
  if (isThousand) {
    figures.push(await growth(live, page, of));
  }
  await page.context().close();
  return { figures, openMs: median(times) };
}

/** What is sent for a tick, and what the page does with it. */
async function ticks(
  live: LiveDashboard,
  page: Page,
  of: string,
  isThousand: boolean,
): Promise<readonly Figure[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await delay(3 * tickMs);
  const bytes: number[] = [];
  const scripts: number[] = [];
  for (let run = 0; run < runs; run++) {
    const from = live.told.length;
    const before = await metric(session, 'ScriptDuration');
    await delay(tickMs);
    scripts.push(((await metric(session, 'ScriptDuration')) - before) * 1_000);
    bytes.push(live.told.slice(from).reduce((sum, told) => sum + told.bytes, 0) / 1_000);
  }
  return [
    medianFigure(
      `${of} sent in 2 s`,
      bytes,
      'KB',
      isThousand ? { atMost: goals.patchKB } : undefined,
    ),
    medianFigure(
      `${of} script in 2 s`,
      scripts,
      'ms',
      isThousand ? { atMost: goals.tickMs } : undefined,
    ),
  ];
}

async function scrolling(page: Page, of: string): Promise<readonly Figure[]> {
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
async function growth(live: LiveDashboard, page: Page, of: string): Promise<Figure> {
  live.silence();
  const patches = live.told
    .map(({ patch }) => patch)
    .filter(({ figures }) => (figures?.length ?? 0) > 50);
  const session = await page.context().newCDPSession(page);
  let revision = Math.max(...live.told.map(({ patch }) => patch.revision));
  const replay = async (count: number): Promise<number> => {
    for (let tick = 0; tick < count; tick++) {
      const params: DashboardPatch = { ...patches[tick % patches.length], revision: ++revision };
      await postTo(page, { kind: 'event', name: 'patch', data: params });
      await page.evaluate('new Promise((resolve) => rawFrame(resolve))');
    }
    await session.send('HeapProfiler.collectGarbage');
    return (await metric(session, 'JSHeapUsedSize')) / 1_048_576;
  };
  await session.send('Performance.enable');
  // Curves are full by then
  const before = await replay(halfAnHour / 3);
  const after = await replay(halfAnHour);
  return plainFigure(`${of} memory that half an hour adds`, after - before, 'MiB', {
    atMost: goals.grownMiB,
  });
}

async function metric(session: CDPSession, name: string): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((one) => one.name === name)?.value ?? Number.NaN;
}
