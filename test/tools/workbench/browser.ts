import { type Browser, chromium } from 'playwright-core';

import { findProgram } from './findProgram.ts';

/**
 * What a window would do beside its page. Two pages of the address bar's own cost a second of a core for each new
 * window, just when ours is drawn. The rest is what Playwright turns off; our list takes the place of that one.
 */
const disabledFeatures = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  ...['AimEnabled', 'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose'],
  ...['HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter'],
  ...['NetworkTimeServiceQuerying', 'OptimizationHints', 'PaintHolding', 'PreconnectToSearch'],
  'ThirdPartyStoragePartitioning',
];

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
      `--disable-features=${disabledFeatures.join(',')}`,
      ...['--disable-gpu', '--disable-dev-shm-usage', '--disable-quic'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
