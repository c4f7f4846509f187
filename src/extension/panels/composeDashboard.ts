import * as vscode from 'vscode';
import { messageOf } from '../../base/errors.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { CommandHandler } from '../commands/register.ts';
import type { DashboardPanelOptions } from './dashboard/dashboardPanel.ts';

const viewType = 'vmDeck-dashboard';

/** The one dashboard of the window, once somebody opens it. */
export interface Dashboard extends Disposable {
  readonly commands: Readonly<Record<string, CommandHandler>>;
  readonly isVisible: boolean;
}

export function composeDashboard(options: DashboardPanelOptions): Dashboard {
  const store = new DisposableStore();
  let current: vscode.WebviewPanel | undefined;
  const take = async (panel: vscode.WebviewPanel): Promise<void> => {
    current = panel;
    const ofPanel = new DisposableStore();
    store.add(ofPanel);
    panel.onDidDispose(() => {
      ofPanel.dispose();
      current = undefined;
    });
    try {
      const { createDashboardPanel } = await import('./dashboard/createDashboardPanel.ts');
      ofPanel.add(createDashboardPanel(panel, options));
    } catch (error) {
      // Nothing would ever be in it
      panel.dispose();
      throw new Error(
        vscode.l10n.t(
          'The dashboard could not be loaded: {0} Reload the window; if that does not help, install VM Deck again.',
          messageOf(error),
        ),
        { cause: error },
      );
    }
  };
  store.add(
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel) => {
        if (current) {
          panel.dispose(); // there is one dashboard
        } else {
          await take(panel);
        }
      },
    }),
  );
  return {
    commands: {
      'vmDeck.dashboard.open': async () => {
        if (current) {
          current.reveal();
          return;
        }
        const title = vscode.l10n.t('VM Dashboard');
        await take(vscode.window.createWebviewPanel(viewType, title, vscode.ViewColumn.Active));
      },
    },
    get isVisible() {
      return current?.visible ?? false;
    },
    dispose: () => {
      store.dispose();
      current?.dispose();
    },
  };
}
