import * as fs from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import type { Page } from 'playwright-core';
import { dashboardHtml } from '../../../src/extension/panels/dashboard/dashboardHtml.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const folder = path.join(root, 'dist', 'webview');

interface Theme {
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What the editor gives pages in each kind of theme, as recorded from it. */
export const themes = JSON.parse(
  fs.readFileSync(path.join(root, 'test', 'webview', 'themes.json'), 'utf8'),
) as Readonly<Record<string, Theme>>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
};

let server: Promise<string> | undefined;

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
  const { theme = 'dark' } = options;
  if (!themes[theme]) {
    throw new RangeError(`There is no theme "${theme}".`);
  }
  server ??= serve();
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
  return `${await server}/?theme=${theme}`;
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

/** The address of a server of the built page, which ends with this process. */
async function serve(): Promise<string> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const name = path.basename(pathname);
    const themeName = searchParams.get('theme') ?? 'dark';
    const theme = themes[themeName];
    if (name === '' && theme) {
      const origin = `http://${response.req.headers.host ?? ''}`;
      respond(response, '.html', html(origin, themeName, theme));
    } else if (name === 'theme.css' && theme) {
      const variables = Object.entries(theme.variables).map(([key, value]) => `${key}: ${value};`);
      respond(response, '.css', `:root { ${variables.join('\n')} }`);
    } else if (fs.existsSync(path.join(folder, name))) {
      respond(response, path.extname(name), fs.readFileSync(path.join(folder, name)));
    } else {
      response.writeHead(404).end();
    }
  });
  server.unref();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function respond(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { 'content-type': types[type] ?? 'application/octet-stream' }).end(body);
}

/** The page as the extension makes it, with what the editor adds to it. */
function html(origin: string, themeName: string, { bodyClass }: Theme): string {
  return dashboardHtml({
    script: `${origin}/dashboard.js`,
    style: `${origin}/dashboard.css`,
    font: `${origin}/codicon.ttf`,
    cspSource: origin,
    nonce: 'forthistest',
    language: 'en',
    title: 'VM Dashboard',
    loading: 'Loading…',
  })
    .replace('<body>', `<body class="${bodyClass}">`)
    .replace(
      '<title>',
      `<link rel="icon" href="data:,"><link rel="stylesheet" href="${origin}/theme.css?theme=${themeName}"><title>`,
    );
}
