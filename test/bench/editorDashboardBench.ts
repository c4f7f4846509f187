import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { DemoProcess } from '../tools/demo/demoProcess.ts';
import { launchWorkbench, type StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { packEmptyPanel } from './emptyPanel.ts';
import { watchExtensionHost, type Watched } from './extensionHost.ts';
import { median, medianFigure, plainFigure, type BenchResult } from './measure.ts';

const hosts = 10;
const vmsPerHost = 100;
const runs = 10;
const restMs = 20_000;
const looks = 5;
const settleMs = 8_000;
const dashboardCommand = 'VM Deck: Open Dashboard';
const sideBarCommand = 'View: Toggle Primary Side Bar Visibility';
/** Its VMs have rows in the view. */
const expandedHost = 'lab-1';

/** Which of our views there are; `hosts` is the Hosts view alone, `both` the dashboard beside it. */
type Shown = 'nothing' | 'hosts' | 'both' | 'dashboard';

const goals = { openMs: 300, cpuPercent: 3 };

/** In every frame of the page: notes when a panel showed what it is for. */
const watcher = `(() => {
  const isShown = () => {
    const rows = [...document.querySelectorAll('.row[aria-rowindex]:not([hidden])')];
    return document.getElementById('empty-panel') !== null ||
      (rows.length > 5 && rows.some((row) => /CPU \\d/.test(row.getAttribute('aria-label') ?? '')));
  };
  // The editor writes a panel's document anew, which an observer of the one before does not see
  const looking = setInterval(() => {
    if (isShown()) {
      clearInterval(looking);
      requestAnimationFrame(() => {
        globalThis.shownAt = performance.timeOrigin + performance.now();
      });
    }
  }, 4);
})()`;

/** The dashboard of 1,000 VMs in a real workbench: how long it takes to open, and what it costs the extension host. */
export async function editorDashboardBench(): Promise<BenchResult> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vm-deck-empty-panel-'));
  const demos: DemoProcess[] = [];
  let started: StartedWorkbench | undefined;
  try {
    const program = ['dist/demo.cjs'];
    for (let seed = 1; seed <= hosts; seed++) {
      demos.push(await DemoProcess.start({ vms: vmsPerHost, seed, program, niceness: 19 }));
    }
    started = await launchWorkbench({
      hosts: Object.fromEntries(
        demos.map(({ uri }, order) => [`lab-${order + 1}`, { uri, order, autoConnect: true }]),
      ),
      extensions: [await packEmptyPanel(folder)],
    });
    await started.page.addInitScript({ content: watcher });
    await delay(restMs);
    return await measure(started);
  } finally {
    await started?.stop();
    await Promise.all(demos.map((demo) => demo.stop()));
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(started: StartedWorkbench): Promise<BenchResult> {
  const empty: number[] = [];
  const dashboard: number[] = [];
  // The first of each loads its part, and does not count
  for (let run = 0; run <= runs; run++) {
    empty.push(await open(started, 'Open Empty Panel'));
    dashboard.push(await open(started, dashboardCommand));
  }
  const watched: Record<Shown, Watched[]> = { nothing: [], hosts: [], both: [], dashboard: [] };
  await started.ui.expandRow(expandedHost);
  // In turns: what else the extension host does comes and goes
  for (let look = 0; look < looks; look++) {
    // A window that nobody works in watches its hosts less closely
    await started.ui.row(expandedHost).click({ modifiers: ['Control'] });
    watched.hosts.push(await watch());
    await open(started, dashboardCommand, { staysOpen: true });
    watched.both.push(await watch());
    await started.ui.runCommand(sideBarCommand);
    watched.dashboard.push(await watch());
    await closeAll(started);
    watched.nothing.push(await watch());
    await started.ui.runCommand(sideBarCommand);
  }
  const cpu = (shown: Shown): number => median(watched[shown].map(({ cpuPercent }) => cpuPercent));
  const memory = (shown: Shown): number => median(watched[shown].map(({ memoryMiB }) => memoryMiB));
  const of = '1,000 VMs:';
  const goal = { atMost: goals.cpuPercent };
  return {
    figures: [
      medianFigure('open an empty panel', empty.slice(1), 'ms'),
      medianFigure(`${of} open the dashboard`, dashboard.slice(1), 'ms'),
      plainFigure(
        `${of} longer than an empty panel`,
        median(dashboard.slice(1)) - median(empty.slice(1)),
        'ms',
        { atMost: goals.openMs },
      ),
      plainFigure(`${of} CPU with nothing of ours shown, of a core`, cpu('nothing'), '%'),
      plainFigure(`${of} CPU that the Hosts view adds`, cpu('hosts') - cpu('nothing'), '%'),
      plainFigure(
        `${of} CPU that the dashboard adds`,
        cpu('dashboard') - cpu('nothing'),
        '%',
        goal,
      ),
      plainFigure(`${of} the same, beside the Hosts view`, cpu('both') - cpu('hosts'), '%', goal),
      plainFigure(`${of} memory that it adds`, memory('both') - memory('hosts'), 'MiB'),
    ],
    notes: [
      'From the click on the command to the frame in which the first rows have figures.',
      'Processor and memory are medians of five times 20 seconds each, what is shown in turns.',
    ],
  };
}

/** After what was just opened or closed has come to rest. */
async function watch(): Promise<Watched> {
  await delay(settleMs);
  return watchExtensionHost();
}

/** @returns milliseconds from the click in the palette to what is shown */
async function open(
  { ui, page }: Pick<StartedWorkbench, 'ui' | 'page'>,
  command: string,
  { staysOpen = false }: { readonly staysOpen?: boolean } = {},
): Promise<number> {
  await ui.openPalette(command);
  await ui.quickItem(command).waitFor();
  const clicked = page.evaluate<number>(
    `new Promise((resolve) => document.addEventListener('mousedown', () => resolve(performance.timeOrigin + performance.now()), { capture: true, once: true }))`,
  );
  await ui.quickItem(command).click();
  const clickedAt = await clicked;
  const shownAt = await whenShown(page);
  if (!staysOpen) {
    await closeAll({ ui, page });
  }
  return shownAt - clickedAt;
}

async function closeAll({ ui, page }: Pick<StartedWorkbench, 'ui' | 'page'>): Promise<void> {
  await ui.runCommand('View: Close All Editors');
  await page.locator('iframe.webview').waitFor({ state: 'detached' });
}

async function whenShown(page: StartedWorkbench['page']): Promise<number> {
  for (let left = 400; left > 0; left--) {
    for (const frame of page.frames()) {
      // A frame may go while it is asked
      const shownAt = await frame
        .evaluate<number | undefined>('globalThis.shownAt')
        .catch(() => undefined);
      if (shownAt !== undefined) {
        return shownAt;
      }
    }
    await delay(50);
  }
  throw new Error(
    `the panel shows nothing: ${page
      .frames()
      .map((frame) => frame.url())
      .join(' ')}`,
  );
}
