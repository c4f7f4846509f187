import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';

import { startRigHost } from '../tools/rig/rigHost.ts';
import { launchWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { bootGuests } from './guests.ts';
import { medianFigure, p99Figure, type BenchResult } from './measure.ts';

const changes = 50;
const vmName = 'guest-00';

/**
 * Runs in the page: notes when the VM's row first had each icon, by a clock that our process has too. A mutation is
 * told within the same task that changed the row, before it is painted.
 */
const watcher = `(() => {
  const icons = ['vm-running', 'debug-pause'];
  const row = () => [...document.querySelectorAll('.sidebar .monaco-list-row')].find(
    (one) => one.querySelector('.label-name')?.textContent === ${JSON.stringify(vmName)},
  );
  let last;
  globalThis.seenIcons = [];
  const look = () => {
    const icon = icons.find((name) => row()?.querySelector('.codicon-' + name));
    if (icon !== undefined && icon !== last) {
      last = icon;
      globalThis.seenIcons.push({ icon, at: performance.timeOrigin + performance.now() });
    }
  };
  look();
  new MutationObserver(look).observe(document.querySelector('.sidebar'), {
    subtree: true, childList: true, attributes: true, characterData: true,
  });
})()`;

interface Seen {
  readonly icon: string;
  readonly at: number;
}

const now = (): number => performance.timeOrigin + performance.now();

/** The moment at which the row had an icon that it had not before so many. */
async function whenSeen(page: Page, count: number, icon: string): Promise<number> {
  for (;;) {
    const seen = await page.evaluate<readonly Seen[]>('globalThis.seenIcons');
    const next = seen[count];
    if (next !== undefined) {
      if (next.icon !== icon) {
        throw new Error(`the row shows ${next.icon} and not ${icon}`);
      }
      return next.at;
    }
    await delay(20);
  }
}

/** From `virsh` in another process to the changed row in the workbench's page. */
export async function workbenchBench(): Promise<BenchResult> {
  const host = await startRigHost({ name: 'bench-workbench' });
  try {
    await bootGuests(host, 2);
    const started = await launchWorkbench({ hosts: { bench: { uri: host.uri, order: 1 } } });
    try {
      const { page, ui } = started;
      await ui.rowIcon(vmName, 'vm-running').waitFor();
      await page.evaluate(watcher);
      const whole: number[] = [];
      const beyond: number[] = [];
      for (let change = 0; change < changes; change++) {
        // Figures come every 2 s: hit all moments between them
        await delay(700 + ((change * 613) % 2_000));
        const isSuspend = change % 2 === 0;
        const spawnedAt = now();
        const ended = host.mustVirsh(isSuspend ? 'suspend' : 'resume', vmName).then(() => now());
        const icon = isSuspend ? 'debug-pause' : 'vm-running';
        const [endedAt, seenAt] = await Promise.all([ended, whenSeen(page, change + 1, icon)]);
        whole.push(seenAt - spawnedAt);
        beyond.push(seenAt - endedAt);
      }
      return {
        figures: [
          medianFigure('from spawning virsh to the changed row', whole, 'ms'),
          p99Figure('from spawning virsh to the changed row', whole, 'ms'),
          medianFigure('beyond the end of virsh', beyond, 'ms'),
          p99Figure('beyond the end of virsh', beyond, 'ms', { atMost: 100 }),
        ],
        notes: [
          'Below 0: the row told it before virsh had ended. The page and this process go by the same clock.',
        ],
      };
    } finally {
      await started.stop();
    }
  } finally {
    await host.stop();
  }
}
