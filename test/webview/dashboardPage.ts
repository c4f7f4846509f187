import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import type { Browser, Page, Route } from 'playwright-core';
import { systemClock } from '../../src/base/clock.ts';
import { Channel } from '../../src/contract/channel.ts';
import {
  dashboardActions,
  extensionProtocol,
  pageProtocol,
  type DashboardPatch,
  type DashboardSnapshot,
  type SavedFilter,
} from '../../src/contract/dashboard.ts';
import type { Detail, DetailSpan, DetailTarget, DetailTick } from '../../src/contract/detail.ts';
import { postTo, serveDashboard } from '../tools/webview/servePage.ts';
import { startBrowser } from '../tools/workbench/browser.ts';

const root = path.join(import.meta.dirname, '..', '..');
export interface DashboardPageOptions {
  readonly snapshot: DashboardSnapshot;
  readonly theme?: string;
  /** What the page kept before. */
  readonly kept?: unknown;
  readonly filters?: readonly SavedFilter[];
  readonly strings?: Readonly<Record<string, string>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly reducedMotion?: boolean;
  /** What happens to files that the page loads, by their pattern. */
  readonly routes?: Readonly<Record<string, (route: Route) => Promise<void>>>;
  /** What is told of a VM or host that is opened. */
  readonly detail?: (target: DetailTarget, span: DetailSpan) => Detail;
}

/** A request of the page that does something, as the extension gets it. */
interface Asked {
  readonly name: string;
  readonly params: unknown;
}

/** The built page in a browser, with a test in the place of the extension. */
export interface DashboardPage {
  readonly page: Page;
  readonly asked: Asked[];
  /** What went wrong in the page: errors, refusals of its security policy. */
  readonly problems: string[];
  /** What the page keeps. */
  kept(): Promise<unknown>;
  /** Sends a patch with the next revision, and waits for the frame after it. */
  patch(patch: Omit<DashboardPatch, 'revision'>): Promise<void>;
  /** Sends new points of what is opened, and waits for the frame after it. */
  tick(tick: DetailTick): Promise<void>;
  /** Sends the saved filters, as after a change of the settings, and waits for the frame after it. */
  saved(filters: readonly SavedFilter[]): Promise<void>;
  /** Sends anything. */
  post(message: unknown): Promise<void>;
  /** Two frames on, what was asked for is drawn. */
  drawn(): Promise<void>;
  /** Answers the next requests for everything with this. */
  snapshot: DashboardSnapshot;
}

let browser: Promise<Browser> | undefined;

export async function openDashboard(options: DashboardPageOptions): Promise<DashboardPage> {
  browser ??= startBrowser();
  const context = await (
    await browser
  ).newContext({
    viewport: options.viewport ?? { width: 1400, height: 700 },
    reducedMotion: options.reducedMotion ? 'reduce' : 'no-preference',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') {
      problems.push(message.text());
    }
  });
  const asked: Asked[] = [];
  /** Every page asks for everything once. */
  let isOpened = false;
  const note =
    (name: string, result?: () => unknown) =>
    (params: unknown): never => {
      asked.push({ name, params });
      return result?.() as never;
    };
  const listeners = new Set<(message: unknown) => void>();
  const post = (message: unknown): Promise<void> => postTo(page, message);
  const opened: DashboardPage & { revision: number } = {
    page,
    asked,
    problems,
    revision: options.snapshot.revision,
    snapshot: options.snapshot,
    kept: () => page.evaluate(() => (window as unknown as { kept: unknown }).kept),
    post,
    patch: async (patch) => {
      channel.emit('patch', { ...patch, revision: ++opened.revision });
      await opened.drawn();
    },
    tick: async (tick) => {
      channel.emit('detailTick', tick);
      await opened.drawn();
    },
    saved: async (filters) => {
      channel.emit('filters', filters);
      await opened.drawn();
    },
    drawn: async () => {
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            requestAnimationFrame(() => requestAnimationFrame(resolve));
          }),
      );
    },
  };
  const channel = new Channel({
    port: {
      post: (message) => {
        void post(message);
      },
      onMessage: (listener) => {
        listeners.add(listener);
        return { dispose: () => listeners.delete(listener) };
      },
    },
    ours: extensionProtocol,
    theirs: pageProtocol,
    handlers: {
      start: () => ({
        strings: options.strings ?? {},
        actions: dashboardActions.map((action) => ({ action, title: titleOf(action) })),
        filters: options.filters ?? [],
      }),
      snapshot: () => {
        if (isOpened) {
          asked.push({ name: 'snapshot', params: undefined });
        }
        isOpened = true;
        opened.revision = opened.snapshot.revision;
        return opened.snapshot;
      },
      sparks: ({ ids }) =>
        ids.map((id) => ({
          id,
          cpu: Array.from({ length: 20 }, (_, at) => 200 + 30 * ((at * id) % 20)),
          memory: [],
        })),
      act: note('act'),
      actOnHost: note('actOnHost'),
      addHost: note('addHost'),
      saveFilter: note('saveFilter'),
      deleteFilter: note('deleteFilter'),
      openDetail: ({ target, span }) => {
        asked.push({ name: 'openDetail', params: { target, span } });
        return options.detail?.(target, span) ?? noDetail;
      },
      closeDetail: note('closeDetail'),
    },
    listeners: {},
    timers: systemClock,
    onBadMessage: (what) => problems.push(`the page sent ${what} that is none`),
  });
  const address = await serveDashboard(page, {
    ...{ theme: options.theme ?? 'dark', kept: options.kept },
    onMessage: (message) => {
      for (const listener of listeners) {
        listener(message);
      }
    },
  });
  for (const [pattern, handler] of Object.entries(options.routes ?? {})) {
    await page.route(pattern, handler);
  }
  await page.goto(address);
  await page.locator('.dashboard').waitFor();
  await opened.drawn();
  return opened;
}

const noDetail: Detail = {
  charts: [],
  info: { disks: [], interfaces: [], addresses: [], actions: [] },
};

/** `forceOff` reads "Force Off". */
function titleOf(action: string): string {
  const words = action.replaceAll(/([A-Z])/g, ' $1');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

before(function () {
  this.timeout(120_000);
  execFileSync(process.execPath, ['esbuild.mjs'], { cwd: root });
});

after(async () => {
  await (await browser)?.close();
});
