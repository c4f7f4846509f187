import type { Browser } from 'playwright-core';

import { startBrowser } from '../workbench/browser.ts';
import { WorkbenchPage } from '../workbench/workbenchPage.ts';
import type { LocalHost } from './localHost.ts';
import { readVmNames } from './readVmNames.ts';
import { StartError } from './startError.ts';
import type { Steps } from './steps.ts';

const limitMs = 120_000;
/** Of more VMs than fit into the view, only those that are scrolled into it are rows of the page. */
const enoughRows = 10;

/** Waits for the rows of a host's VMs. A host that has none, or lets nobody read them, has its own row. */
async function waitForVms(workbench: WorkbenchPage, host: LocalHost): Promise<void> {
  await workbench.row(host.name).waitFor();
  const names = await readVmNames(host);
  if (names === undefined) {
    console.log(`  ${host.name} does not let its VMs be read: its row says why`);
    return;
  }
  const wanted = new Set(names);
  const end = performance.now() + limitMs;
  const count = async (): Promise<number> => {
    const rows = await workbench.rows().locator('.label-name').allTextContents();
    return rows.filter((row) => wanted.has(row)).length;
  };
  while ((await count()) < Math.min(enoughRows, names.length)) {
    if (performance.now() > end) {
      throw new Error(
        `of ${names.length} VMs ${await count()} are rows after ${limitMs / 1_000} s`,
      );
    }
    await workbench.page.waitForTimeout(200);
  }
}

/** Looks at the workbench as a person would, with a host in its settings, and throws what was not seen. */
export async function checkView(url: string, host: LocalHost, steps: Steps): Promise<void> {
  const browser: Browser = await steps.run('browser', () => startBrowser());
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(limitMs);
    page.setDefaultNavigationTimeout(limitMs);
    const workbench = new WorkbenchPage(page);
    const look = async (name: string, what: string, step: () => Promise<unknown>) => {
      try {
        await steps.run(name, step);
      } catch (error) {
        const picture = await workbench.screenshot('npm-start-failed');
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
        throw new StartError(`${what} was not seen (${reason}). What was: ${picture}`);
      }
    };
    await look('workbench', "VS Code's workbench", async () => {
      await page.goto(`${url}/?ew=true`);
      await page.locator('.monaco-workbench .activitybar').waitFor();
    });
    await look("VM Deck's view", "VM Deck's view with a host or its welcome text", () =>
      workbench.openVmDeck(),
    );
    await look('VMs', `the VMs of ${host.name}`, () => waitForVms(workbench, host));
    const rows = await workbench.rows().locator('.label-name').allTextContents();
    console.log(rows.length > 0 ? `  it shows: ${rows.join(', ')}` : '  it shows its welcome text');
  } finally {
    await browser.close();
  }
}
