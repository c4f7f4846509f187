import type { Browser, Page } from 'playwright-core';
import { systemClock } from '../../src/base/clock.ts';
import { DisposableStore, type Disposable } from '../../src/base/disposable.ts';
import { Emitter } from '../../src/base/event.ts';
import { silentLog } from '../../src/base/log.ts';
import { Channel } from '../../src/contract/channel.ts';
import {
  dashboardActions,
  extensionProtocol,
  pageProtocol,
  type DashboardPatch,
  type DashboardSnapshot,
} from '../../src/contract/dashboard.ts';
import { HostRegistry } from '../../src/extension/hosts/hostRegistry.ts';
import { DashboardFeed } from '../../src/extension/panels/dashboard/dashboardFeed.ts';
import { Ids } from '../../src/extension/panels/dashboard/ids.ts';
import { sparksOf } from '../../src/extension/panels/dashboard/sparks.ts';
import { watching } from '../../src/extension/watching.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { parseHostUri } from '../../src/libvirt/uri.ts';
import { createDialer } from '../../src/transport/createDialer.ts';
import { plainL10n } from '../fakes/plainL10n.ts';
import { postTo, serveDashboard } from '../tools/webview/servePage.ts';

/** Of what is told the page: how much, and when by our clock. */
interface Told {
  readonly at: number;
  readonly bytes: number;
  readonly patch: DashboardPatch;
}

export const viewport = { width: 1_400, height: 800 };

/** Notes in the page when all was drawn first, and what each frame took. */
const watcher = `
  window.frames_ = [];
  window.rawFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => rawFrame((at) => {
    const from = performance.now();
    draw(at);
    frames_.push(performance.now() - from);
  });
  window.drawnAt = new Promise((resolve) => {
    const look = () => {
      const rows = [...document.querySelectorAll('.row[aria-rowindex]:not([hidden])')];
      if (rows.length > 5 && rows.some((row) => /CPU \\d/.test(row.getAttribute('aria-label') ?? ''))) {
        observer.disconnect();
        // Before the next frame it is on the screen
        rawFrame(() => resolve(performance.now()));
      }
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  });`;

/**
 * Answers the page's first questions in the page itself. What the extension takes is measured in the editor; through
 * what drives the browser here it takes several times as long, which would be told of the page.
 */
function answering(answers: Readonly<Record<string, unknown>>): string {
  return `{
    const answers = new Map(Object.entries(${JSON.stringify(
      Object.fromEntries(
        Object.entries(answers).map(([name, result]) => [name, JSON.stringify(result)]),
      ),
    )}));
    const acquire = window.acquireVsCodeApi;
    window.acquireVsCodeApi = () => {
      const editor = acquire();
      return {
        ...editor,
        postMessage: (message) => {
          const text = answers.get(message.name);
          if (message.kind !== 'request' || text === undefined) {
            editor.postMessage(message);
            return;
          }
          answers.delete(message.name);
          setTimeout(() => {
            window.postMessage({ kind: 'reply', id: message.id, ok: true, result: JSON.parse(text) }, '*');
          });
        },
      };
    };
  }`;
}

/** Hosts that are sampled as for an open dashboard, and its page in a plain browser; only the editor is missing. */
export class LiveDashboard implements Disposable {
  readonly told: Told[] = [];
  /** What the page was told last. */
  revision = 0;
  readonly #inventory = new Inventory(systemClock);
  readonly #registry: HostRegistry;
  readonly #store = new DisposableStore();
  #shown = new DisposableStore();
  #observation: Disposable | undefined;

  constructor(uris: readonly string[]) {
    this.#store.add(this.#inventory);
    this.#registry = this.#store.add(
      new HostRegistry({
        ...{ inventory: this.#inventory, createDialer, clock: systemClock, log: silentLog },
      }),
    );
    this.#registry.update(
      uris.map((uri, index) => ({
        ...{ name: `lab-${index + 1}`, uri: parseHostUri(uri), order: index },
        ...{ autoConnect: false, readOnly: false },
      })),
      { samplesInBackground: true },
    );
  }

  /** Connects all hosts, and reads figures of each as often as for a dashboard that is looked at. */
  async look(): Promise<void> {
    await Promise.all(
      this.#inventory.sessions.map(async (session) => {
        session.connect();
        await session.whenReady(AbortSignal.timeout(60_000));
      }),
    );
    this.#observation = this.#store.add(
      this.#inventory.observe(
        ...watching({
          ...{ isVisible: true, isFocused: true, showsAllFigures: true, unfocusedMs: 10_000 },
        }),
      ),
    );
  }

  /** Asks the hosts for no more figures, so that only the page is at work. */
  lookAway(): void {
    this.#observation?.dispose();
  }

  /** Opens the page anew in a browser. */
  async open(browser: Browser): Promise<Page> {
    this.silence();
    this.#shown = new DisposableStore();
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    const listeners = new Set<(message: unknown) => void>();
    const ids = new Ids();
    const feed = this.#shown.add(
      new DashboardFeed(
        {
          ...{ registry: this.#registry, inventory: this.#inventory },
          activities: { get: () => undefined, onDidChange: new Emitter<never>().event },
          addresses: (session, uuid) => session.addresses.of(uuid).map(({ address }) => address),
          ...{ clock: systemClock, l10n: plainL10n },
        },
        ids,
        (patch) => {
          channel.emit('patch', patch);
          this.revision = patch.revision;
          this.told.push({ at: performance.now(), bytes: JSON.stringify(patch).length, patch });
        },
      ),
    );
    const nothing = (): undefined => undefined;
    const start = {
      strings: {},
      actions: dashboardActions.map((action) => ({ action, title: action })),
      filters: [],
    };
    const channel = this.#shown.add(
      new Channel({
        port: {
          post: (message) => {
            postTo(page, message).catch(nothing); // a page that was closed meanwhile
          },
          onMessage: (listener) => {
            listeners.add(listener);
            return { dispose: () => listeners.delete(listener) };
          },
        },
        ours: extensionProtocol,
        theirs: pageProtocol,
        handlers: {
          start: () => start,
          snapshot: () => this.#snapshot(feed),
          sparks: (wanted) =>
            wanted.ids.flatMap((id) => {
              const target = ids.target(id);
              const sampler = target && this.#inventory.session(target.host)?.sampler;
              return sampler ? [{ id, ...sparksOf(sampler, target.uuid, systemClock.now()) }] : [];
            }),
          ...{ act: nothing, actOnHost: nothing, addHost: nothing },
          ...{ saveFilter: nothing, deleteFilter: nothing, closeDetail: nothing },
          openDetail: () => {
            throw new Error('not measured here');
          },
        },
        listeners: {},
        timers: systemClock,
        onBadMessage: (what) => {
          throw new Error(`the page sent ${what} that is none`);
        },
      }),
    );
    const address = await serveDashboard(page, {
      onMessage: (message) => {
        for (const listener of listeners) {
          listener(message);
        }
      },
      script: watcher + answering({ start, snapshot: this.#snapshot(feed) }),
    });
    await page.goto(address);
    return page;
  }

  #snapshot(feed: DashboardFeed): DashboardSnapshot {
    const snapshot = feed.snapshot();
    this.revision = snapshot.revision;
    return snapshot;
  }

  /** Nothing more is told the page. */
  silence(): void {
    this.#shown.dispose();
  }

  dispose(): void {
    this.#shown.dispose();
    this.#store.dispose();
  }
}
