import { type Browser, chromium } from 'playwright-core';

import { findProgram } from './findProgram.ts';

/** The browser that shows the workbench, if this machine has one. */
export function findBrowser(): string | undefined {
  return findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
}

/** Starts a browser without a window. It ends with this process, however that ends. */
export function startBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === undefined) {
    throw new Error('There is no Chromium here: apt-get install --no-install-recommends chromium');
  }
  return chromium.launch({
    executablePath,
    headless: true,
    timeout: 120_000,
    // Playwright's own handlers would swallow the signal.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      // It shows nothing but our own server, and root, or a container, may not have the sandbox.
      '--no-sandbox',
      ...['--disable-gpu', '--disable-dev-shm-usage', '--disable-quic'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
