import { setTimeout as delay } from 'node:timers/promises';

import { DemoProcess } from '../tools/demo/demoProcess.ts';
import { launchWorkbench, type StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { watchExtensionHost, type Watched } from './extensionHost.ts';
import { medianFigure, plainFigure, type BenchResult, type Figure } from './measure.ts';

/** How long a workbench is left alone before anything is measured: it goes on starting things. */
const restMs = 20_000;
const connects = 5;
const goals = { cpuPercent: 3, memoryMiB: 150 };

/** What many VMs cost the extension host of a real workbench whose Hosts view is looked at. */
export async function editorScaleBench(): Promise<BenchResult> {
  const idle = await inWorkbench({}, () => watchExtensionHost());
  const figures: Figure[] = [
    plainFigure('without a host: CPU, of a core', idle.cpuPercent, '%'),
    plainFigure('without a host: memory', idle.memoryMiB, 'MiB'),
  ];
  for (const vms of [1_000, 10_000]) {
    figures.push(...(await withVms(vms, idle)));
  }
  return {
    figures,
    notes: [
      'CPU and memory are those of the whole extension host, memory as the least of five looks.',
      'From the click on Connect to the first row of a VM in the page.',
    ],
  };
}

async function withVms(vms: number, idle: Watched): Promise<readonly Figure[]> {
  const demo = await DemoProcess.start({ vms, seed: 1, program: ['dist/demo.cjs'], niceness: 19 });
  try {
    const hosts = { farm: { uri: demo.uri, order: 1 } };
    return await inWorkbench({ hosts }, async (started) => {
      // Before it is connected again and again, which nobody does and which leaves garbage
      await reconnect(started);
      await delay(restMs);
      const { cpuPercent, memoryMiB } = await watchExtensionHost();
      const toTree: number[] = [];
      for (let connect = 0; connect < connects; connect++) {
        toTree.push(await reconnect(started));
      }
      const of = `${vms.toLocaleString('en')} VMs:`;
      const isSmall = vms <= 1_000;
      return [
        medianFigure(`${of} click to first row`, toTree, 'ms'),
        plainFigure(
          `${of} CPU beyond that, of a core`,
          cpuPercent - idle.cpuPercent,
          '%',
          isSmall ? { atMost: goals.cpuPercent } : undefined,
        ),
        plainFigure(
          `${of} memory beyond that`,
          memoryMiB - idle.memoryMiB,
          'MiB',
          isSmall ? { atMost: goals.memoryMiB } : undefined,
        ),
      ];
    });
  } finally {
    await demo.stop();
  }
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

/** @returns milliseconds from the click to the first row of a VM */
async function reconnect({ ui, page }: StartedWorkbench): Promise<number> {
  await ui.openContextMenu('farm');
  await ui.pickMenu('Disconnect');
  await ui.rowDescription('farm').filter({ hasText: 'not connected' }).waitFor();
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
