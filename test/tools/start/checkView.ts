import type { Browser } from 'playwright-core';

import { startBrowser } from '../workbench/browser.ts';
import { WorkbenchPage } from '../workbench/workbenchPage.ts';
import { StartError } from './startError.ts';
import type { Steps } from './steps.ts';

const limitMs = 120_000;

/** Looks at the workbench as a person would, and throws what was not seen. */
export async function checkView(url: string, steps: Steps): Promise<void> {
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
    const rows = await workbench.rows().locator('.label-name').allTextContents();
    console.log(rows.length > 0 ? `  it shows: ${rows.join(', ')}` : '  it shows its welcome text');
  } finally {
    await browser.close();
  }
}
