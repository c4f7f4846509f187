import type { Browser } from 'playwright-core';

import { startBrowser } from '../workbench/browser.ts';
import { createProfile, removeProfile, testSettings } from '../workbench/profile.ts';
import { startServer } from '../workbench/server.ts';

/** How the tests ended. */
export interface HostOutcome {
  /** The exit status. */
  readonly code: number;
  /** What the workbench logged as errors: the reason, if the tests could not even be loaded. */
  readonly errors: readonly string[];
}

/** The value of an argument `--name=value`. */
function valueOf(args: readonly string[], name: string): string {
  const start = `--${name}=`;
  const found = args.find((word) => word.startsWith(start));
  if (found === undefined) {
    throw new TypeError(`${start} is missing`);
  }
  return found.slice(start.length);
}

/**
 * Runs what `--extensionTestsPath` names inside the extension host of a new code-server, with the extension of
 * `--extensionDevelopmentPath`, a folder as the first argument, and the workbench in a browser without a window.
 * Other arguments of VS Code are passed over: the profile is new and has no other extension.
 */
export async function runInCodeServer(args: readonly string[]): Promise<HostOutcome> {
  const profile = createProfile(testSettings);
  const server = await startServer(profile, { testDriver: true });
  let browser: Browser | undefined;
  try {
    browser = await startBrowser();
    const page = await browser.newPage();
    page.setDefaultNavigationTimeout(120_000);
    const errors: string[] = [];
    await page.exposeFunction('codeAutomationLog', (type: string, words: readonly unknown[]) => {
      if (type === 'error') {
        errors.push(words.map(String).join(' ').slice(0, 2_000));
      }
    });
    const exit = new Promise<number>((resolve, reject) => {
      void page.exposeFunction('codeAutomationExit', resolve).catch(reject);
      page.once('crash', () => {
        reject(new Error('The page with the workbench crashed.'));
      });
      void server.ended.then(() => {
        reject(new Error('code-server ended before the tests did.'));
      });
    });
    exit.catch(() => undefined);
    const remote = (file: string) => `vscode-remote://127.0.0.1:${server.port}${file}`;
    const payload = ['extensionDevelopmentPath', 'extensionTestsPath'].map((name) => [
      name,
      remote(valueOf(args, name)),
    ]);
    const query = new URLSearchParams({
      folder: args.find((word) => !word.startsWith('-')) ?? '/',
      payload: JSON.stringify(payload),
    });
    await page.goto(`${server.url}/?${query.toString()}`);
    const code = await exit;
    return { code, errors };
  } finally {
    await browser?.close();
    await server.stop();
    removeProfile(profile);
  }
}
