import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Page } from 'playwright-core';
import { dashboardHtml } from '../../../src/extension/panels/dashboard/dashboardHtml.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const folder = path.join(root, 'dist', 'webview');
const origin = 'http://dashboard.test';

interface Theme {
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What the editor gives pages in each kind of theme, as recorded from it. */
export const themes = JSON.parse(
  fs.readFileSync(path.join(root, 'test', 'webview', 'themes.json'), 'utf8'),
) as Readonly<Record<string, Theme>>;

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
};

export interface ServedPage {
  readonly theme?: string;
  /** What the page kept before. */
  readonly kept?: unknown;
  /** Takes what the page sends. */
  readonly onMessage: (message: unknown) => void;
  /** Runs in the page before anything of its own. */
  readonly script?: string;
}

/** The address of the built dashboard, which this serves to a browser's page with what the editor gives it there. */
export async function serveDashboard(page: Page, options: ServedPage): Promise<string> {
  await serve(page, options.theme);
  await page.exposeFunction('postToExtension', options.onMessage);
  // As text: what runs tests marks functions with names that the page does not know
  await page.addInitScript({
    content: `
      globalThis.__name = (named) => named;
      window.kept = ${JSON.stringify(options.kept ?? null)} ?? undefined;
      window.acquireVsCodeApi = () => ({
        // As a real one: what cannot be copied cannot be sent
        postMessage: (message) => window.postToExtension(structuredClone(message)),
        getState: () => window.kept,
        setState: (state) => (window.kept = state),
      });
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile, lineNumber, columnNumber, sample }) =>
        console.error('refused', violatedDirective, sourceFile, lineNumber, columnNumber, sample));
      ${options.script ?? ''}`,
  });
  return `${origin}/`;
}

/** A page's window: of that alone, a program outside of pages may speak too. */
interface MessageTarget {
  postMessage(message: unknown, origin: string): void;
}

/** Sends the page a message, as text: to take a large one apart would take longer than to draw it. */
export async function postTo(page: Page, message: unknown): Promise<void> {
  await page.evaluate((text) => {
    (globalThis as unknown as MessageTarget).postMessage(JSON.parse(text), '*');
  }, JSON.stringify(message));
}

async function serve(page: Page, themeName = 'dark'): Promise<void> {
  const theme = themes[themeName];
  if (!theme) {
    throw new RangeError(`There is no theme "${themeName}".`);
  }
  const variables = Object.entries(theme.variables).map(([name, value]) => `${name}: ${value};`);
  await page.route(`${origin}/**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === '') {
      await route.fulfill({ body: html(theme.bodyClass), contentType: 'text/html' });
    } else if (name === 'theme.css') {
      const body = `:root { ${variables.join('\n')} }`;
      await route.fulfill({ body, contentType: 'text/css' });
    } else {
      const file = path.join(folder, path.basename(name));
      const contentType = types[path.extname(name)] ?? 'application/octet-stream';
      await route.fulfill({ body: fs.readFileSync(file), contentType });
    }
  });
}

/** The page as the extension makes it, with what the editor adds to it. */
function html(bodyClass: string): string {
  return dashboardHtml({
    script: `${origin}/dashboard.js`,
    style: `${origin}/dashboard.css`,
    cspSource: origin,
    nonce: 'forthistest',
    language: 'en',
    title: 'VM Dashboard',
    loading: 'Loading…',
  })
    .replace('<body>', `<body class="${bodyClass}">`)
    .replace('<title>', `<link rel="stylesheet" href="${origin}/theme.css"><title>`);
}
