import type { Browser, BrowserContext } from 'playwright-core';

import { startBrowser } from './browser.ts';
import { WorkbenchPage } from './workbenchPage.ts';

/** How long a step may take on a machine with much other work. */
const patienceMs = 120_000;

/** A browser with a workbench in it. */
export interface OpenWorkbench {
  readonly workbench: WorkbenchPage;
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** The size of a page in pixels. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** Opens an address of a server in a browser of its own, and waits until the workbench is drawn. */
export async function openWorkbench(
  url: string,
  viewport: Viewport = { width: 1400, height: 900 },
): Promise<OpenWorkbench> {
  const browser: Browser = await startBrowser();
  const close = () => browser.close();
  try {
    const context = await browser.newContext({ viewport: { ...viewport } });
    context.setDefaultTimeout(patienceMs);
    context.setDefaultNavigationTimeout(patienceMs);
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('.monaco-workbench .activitybar').waitFor();
    return { workbench: new WorkbenchPage(page), context, close };
  } catch (error) {
    await close();
    throw error;
  }
}
