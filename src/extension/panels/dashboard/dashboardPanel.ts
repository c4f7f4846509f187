import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Clock } from '../../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import type { Log } from '../../../base/log.ts';
import { Channel } from '../../../contract/channel.ts';
import { extensionProtocol, pageProtocol } from '../../../contract/dashboard.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { watching } from '../../watching.ts';
import { dashboardHtml } from './dashboardHtml.ts';
import { DashboardFeed, type DashboardSources } from './dashboardFeed.ts';
import { DetailFeed, type DetailSources } from './detailFeed.ts';
import { dashboardHandlers } from './dashboardHandlers.ts';
import { Ids } from './ids.ts';
import { readFilters } from './savedFilters.ts';

export interface DashboardPanelOptions extends DashboardSources, DetailSources {
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly extension: vscode.Extension<unknown>;
  readonly log: Log;
}

/** It may stand on another screen and be looked at from there, but not closely. */
const unfocusedMs = 10_000;
/** The host of what is shown closely, while somebody sits in front of it. */
const closeMs = 1_000;

/**
 * One dashboard: its page, and what feeds it. A hidden page is thrown away by the editor and asks for everything
 * when it is shown again; until then nothing is sent and nobody looks at the hosts.
 */
export class DashboardPanel implements Disposable {
  readonly #options: DashboardPanelOptions;
  readonly #panel: vscode.WebviewPanel;
  readonly #disposables = new DisposableStore();
  readonly #ids = new Ids();
  #shown: Disposable | undefined;
  #looking: Disposable | undefined;
  #feed: DashboardFeed | undefined;
  #detail: DetailFeed | undefined;

  constructor(panel: vscode.WebviewPanel, options: DashboardPanelOptions) {
    this.#panel = panel;
    this.#options = options;
    const { webview } = panel;
    const root = vscode.Uri.joinPath(options.extension.extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    const icon = (name: string): vscode.Uri =>
      vscode.Uri.joinPath(options.extension.extensionUri, 'media', name);
    panel.iconPath = { light: icon('vm-deck-light.svg'), dark: icon('vm-deck.svg') };
    const file = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
    this.#disposables.add(panel.onDidChangeViewState(this.#visibilityChanged));
    this.#disposables.add(vscode.window.onDidChangeWindowState(this.#look));
    this.#visibilityChanged();
    webview.html = dashboardHtml({
      script: file('dashboard.js'),
      style: file('dashboard.css'),
      font: file('codicon.ttf'),
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('base64'),
      language: vscode.env.language,
      title: panel.title,
      loading: vscode.l10n.t('Loading…'),
    });
    this.#feed?.prepare();
  }

  dispose(): void {
    this.#disposables.dispose();
    this.#shown?.dispose();
    this.#shown = undefined;
    this.#look();
  }

  readonly #visibilityChanged = (): void => {
    if (this.#panel.visible === (this.#shown !== undefined)) {
      return;
    }
    this.#shown?.dispose();
    this.#shown = this.#panel.visible ? this.#show() : undefined;
    this.#look();
  };

  /** What lives as long as the page does. */
  #show(): Disposable {
    const store = new DisposableStore();
    const { clock, log } = this.#options;
    const { webview } = this.#panel;
    const feed = store.add(
      new DashboardFeed(this.#options, this.#ids, (patch) => {
        channel.emit('patch', patch);
      }),
    );
    this.#feed = feed;
    const detail = store.add(
      new DetailFeed(this.#options, this.#ids, {
        intervalMs: vscode.window.state.focused ? closeMs : unfocusedMs,
        send: (tick) => {
          channel.emit('detailTick', tick);
        },
      }),
    );
    this.#detail = detail;
    const channel = store.add(
      new Channel({
        port: {
          post: (message) => {
            void webview.postMessage(message);
          },
          onMessage: (listener) => webview.onDidReceiveMessage(listener),
        },
        ours: extensionProtocol,
        theirs: pageProtocol,
        handlers: dashboardHandlers({ ...this.#options, feed, detail, ids: this.#ids }),
        listeners: {},
        timers: clock,
        onBadMessage: (what) => {
          log.warn(`the dashboard sent ${what} that is not understood`);
        },
      }),
    );
    store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('vmDeck.filters')) {
          channel.emit('filters', readFilters());
        }
      }),
    );
    return store;
  }

  readonly #look = (): void => {
    this.#looking?.dispose();
    this.#looking = undefined;
    if (this.#shown && this.#feed && this.#detail) {
      const { focused } = vscode.window.state;
      const interests = watching({
        ...{ isVisible: true, isFocused: focused, showsAllFigures: true, unfocusedMs },
      });
      this.#feed.intervalMs = Math.min(...interests.map(({ intervalMs }) => intervalMs));
      this.#detail.intervalMs = focused ? closeMs : unfocusedMs;
      this.#looking = this.#options.inventory.observe(...interests);
    }
  };
}
