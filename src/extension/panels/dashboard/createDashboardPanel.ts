import type * as vscode from 'vscode';
import { DashboardPanel, type DashboardPanelOptions } from './dashboardPanel.ts';

/** The part of the extension that is loaded when a dashboard is first opened. */
export function createDashboardPanel(
  panel: vscode.WebviewPanel,
  options: DashboardPanelOptions,
): DashboardPanel {
  return new DashboardPanel(panel, options);
}
