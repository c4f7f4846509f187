import { setTimeout as delay } from 'node:timers/promises';

import { DemoProcess } from '../tools/demo/demoProcess.ts';
import { launchWorkbench, type StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { watchExtensionHost, type Watched } from './extensionHost.ts';
import { median, medianFigure, plainFigure, type BenchResult, type Figure } from './measure.ts';

/** How long a workbench is left alone before anything is measured: it goes on starting things. */
const restMs = 20_000;
/** After the host was connected or let go. */
const settleMs = 10_000;
const looks = 5;
const goals = { cpuPercent: 3, memoryMiB: 150 };

/** What many VMs cost the extension host of a real workbench whose Hosts view is looked at. */
export async function editorScaleBench(): Promise<BenchResult> {
  const figures: Figure[] = [];
  for (const vms of [1_000, 10_000]) {
    figures.push(...(await withVms(vms)));
  }
  return {
    figures,
    notes: [
      'CPU and memory are those of the whole extension host, memory as the least of each look.',
      'Both are medians of five looks of 20 seconds each, with the host and without it in turns.',
      'From the click on Connect to the first row of a VM in the page.',
    ],
  };
}

async function withVms(vms: number): Promise<readonly Figure[]> {
  const demo = await DemoProcess.start({ vms, seed: 1, program: ['dist/demo.cjs'], niceness: 19 });
  try {
    const hosts = { farm: { uri: demo.uri, order: 1, autoConnect: false } };
    return await inWorkbench({ hosts }, (started) => measure(started, vms));
  } finally {
    await demo.stop();
  }
}

async function measure(started: StartedWorkbench, vms: number): Promise<readonly Figure[]> {
  const idle = await watchExtensionHost();
  const toTree: number[] = [];
  const connected: Watched[] = [];
  const without: Watched[] = [];
  // In turns: what else the extension host does comes and goes
  for (let look = 0; look < looks; look++) {
    toTree.push(await connect(started));
    await delay(settleMs);
    connected.push(await watchExtensionHost());
    await disconnect(started);
    await delay(settleMs);
    without.push(await watchExtensionHost());
  }
  const cpu = (watched: readonly Watched[]): number =>
    median(watched.map(({ cpuPercent }) => cpuPercent));
  const memory = median(connected.map(({ memoryMiB }) => memoryMiB));
  const of = `${vms.toLocaleString('en')} VMs:`;
  const isSmall = vms <= 1_000;
  return [
    medianFigure(`${of} click to first row`, toTree, 'ms'),
    plainFigure(`${of} CPU without the host, of a core`, cpu(without), '%'),
    plainFigure(
      `${of} CPU that the host adds`,
      cpu(connected) - cpu(without),
      '%',
      isSmall ? { atMost: goals.cpuPercent } : undefined,
    ),
    plainFigure(`${of} memory without the host`, idle.memoryMiB, 'MiB'),
    plainFigure(
      `${of} memory that the host adds`,
      memory - idle.memoryMiB,
      'MiB',
      isSmall ? { atMost: goals.memoryMiB } : undefined,
    ),
  ];
}

async function inWorkbench<T>(
  options: Parameters<typeof launchWorkbench>[0],
  action: (started: StartedWorkbench) => Promise<T>,
): Promise<T> {
  const started = await launchWorkbench(options);
  try {
    await delay(restMs);
    return await action(started);
  } finally {
    await started.stop();
  }
}

async function disconnect({ ui }: StartedWorkbench): Promise<void> {
  await ui.openContextMenu('farm');
  await ui.pickMenu('Disconnect');
  await ui.rowDescription('farm').filter({ hasText: 'not connected' }).waitFor();
}

/** @returns milliseconds from the click to the first row of a VM */
async function connect({ ui, page }: StartedWorkbench): Promise<number> {
  await ui.openContextMenu('farm');
  const clicked = page.evaluate<number>(
    `new Promise((resolve) => document.addEventListener('mouseup', () => resolve(performance.now()), { capture: true, once: true }))`,
  );
  const seen = page.evaluate<number>(
    `new Promise((resolve) => {
      const look = () => {
        if (document.querySelector('.sidebar .monaco-list-row [class*="codicon-vm-"]')) {
          observer.disconnect();
          resolve(performance.now());
        }
      };
      const observer = new MutationObserver(look);
      observer.observe(document.querySelector('.sidebar'), { subtree: true, childList: true, attributes: true });
    })`,
  );
  await ui.pickMenu('Connect');
  return (await seen) - (await clicked);
}
