import * as fs from 'node:fs';
import type { FrameLocator, Locator, Page } from 'playwright-core';

import type { StartedWorkbench } from '../workbench/launchWorkbench.ts';
import type { World, WorldKind } from './world.ts';

/** Part of the page, in its pixels. */
interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Something worth a picture: how to get there, what of the page to keep, and how to leave. */
export interface Scene {
  readonly name: string;
  /** The page of the walkthrough that has the picture too, in the dark theme. */
  readonly walkthrough?: string;
  /** Whose hosts are in the settings: the lab's unless told. */
  readonly world?: WorldKind;
  show(started: StartedWorkbench, world: World): Promise<Area>;
  leave(started: StartedWorkbench, world: World): Promise<void>;
}

/** The least that holds all of these, and a little more. */
async function areaOf(page: Page, ...parts: readonly Locator[]): Promise<Area> {
  const boxes = await Promise.all(parts.map((part) => part.boundingBox()));
  const found = boxes.filter((box) => box !== null);
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const margin = 6;
  const left = Math.max(0, Math.min(...found.map(({ x }) => x)) - margin);
  const top = Math.max(0, Math.min(...found.map(({ y }) => y)) - margin);
  const right = Math.min(width, Math.max(...found.map((box) => box.x + box.width)) + margin);
  const bottom = Math.min(height, Math.max(...found.map((box) => box.y + box.height)) + margin);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The view down to its last row. */
async function viewArea(
  { page, ui }: StartedWorkbench,
  ...more: readonly Locator[]
): Promise<Area> {
  const title = page.locator('.sidebar .composite.title');
  return areaOf(page, title, ui.rows().first(), ui.rows().last(), ...more);
}

async function escape({ page }: StartedWorkbench): Promise<void> {
  await page.keyboard.press('Escape');
}

/** With nothing beside it, as somebody has it who leaves it open. */
async function openDashboard({ ui, page }: StartedWorkbench): Promise<FrameLocator> {
  if (await page.locator('.part.sidebar').isVisible()) {
    await ui.clickTitleAction('Open Dashboard');
    await toggleSideBar(page);
  }
  const frame = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await frame.locator('.dashboard').waitFor();
  return frame;
}

/** Not by a key, which the page would have: the focus may be in it. */
async function toggleSideBar(page: Page): Promise<void> {
  await page.locator('.part.titlebar [aria-label^="Toggle Primary Side Bar"]').click();
}

function editorArea({ page }: StartedWorkbench): Promise<Area> {
  return areaOf(page, page.locator('.part.editor'));
}

function quickInput(page: Page): Locator {
  return page.locator('.quick-input-widget:visible');
}

export const scenes: readonly Scene[] = [
  {
    name: 'explorer',
    walkthrough: 'lookAround',
    async show(started) {
      const { ui, page } = started;
      await page.mouse.move(700, 500);
      await ui
        .rowDescription('web-01')
        .filter({ hasText: /\d%.*192\.168\./ })
        .waitFor();
      await ui.rowDescription('web-02').filter({ hasText: /\d%/ }).waitFor();
      await ui.row('mistyped').waitFor();
      return viewArea(started);
    },
    leave: () => Promise.resolve(),
  },
  {
    name: 'context-menu',
    walkthrough: 'startAndStop',
    async show(started) {
      await started.ui.openContextMenu('web-01');
      await started.ui.menu().getByText('Shut Down').hover();
      return viewArea(started, started.ui.menu());
    },
    leave: escape,
  },
  {
    name: 'read-only',
    walkthrough: 'readOnly',
    async show(started) {
      const { ui } = started;
      await ui.openContextMenu('lab-1');
      await ui.menu().getByText('Read-Only').hover();
      return viewArea(started, ui.menu());
    },
    leave: escape,
  },
  {
    name: 'trouble',
    async show(started, { running, off }) {
      const { ui, page } = started;
      running.signal('SIGSTOP');
      fs.renameSync(off.diskPath, `${off.diskPath}.away`);
      await ui.clickInline(off.name, 'Start');
      await page.mouse.move(700, 500);
      await ui.rowDescription(off.name).filter({ hasText: 'not started' }).waitFor();
      await ui.rowIcon(running.name, 'warning').waitFor();
      return viewArea(started);
    },
    async leave({ ui }, { running, off }) {
      running.signal('SIGCONT');
      fs.renameSync(`${off.diskPath}.away`, off.diskPath);
      await ui.openContextMenu(off.name);
      await ui.pickMenu('Dismiss Result');
      await ui.rowIcon(running.name, 'vm-running').waitFor();
    },
  },
  {
    name: 'tooltip',
    async show(started) {
      const { ui, page } = started;
      const hover = page.locator('.workbench-hover:visible').filter({ hasText: 'UUID' });
      const label = ui.row('web-01').locator('.label-name');
      for (let attempt = 0; attempt < 30 && !(await hover.isVisible()); attempt++) {
        // A row that is drawn anew before its tooltip is asked for shows it when the pointer comes back
        await page.mouse.move(700, 500);
        await label.hover();
        await page.waitForTimeout(2_000);
      }
      return viewArea(started, hover);
    },
    async leave({ page }) {
      await page.mouse.move(700, 500);
    },
  },
  {
    name: 'add-host',
    walkthrough: 'addHost',
    async show(started, { lab }) {
      const { ui, page } = started;
      await ui.runCommand('VM Deck: Add Host…');
      await ui.clickQuickItem('Enter a URI…');
      await ui.quickTitle('Add Host (2/4)').waitFor();
      await ui.answerQuickInput(lab.uri);
      await ui.quickTitle('Add Host (3/4)').waitFor();
      await ui.answerQuickInput('lab-4');
      await ui.quickItems().filter({ hasText: 'Change URI' }).waitFor();
      return areaOf(page, quickInput(page));
    },
    leave: escape,
  },
  {
    name: 'refused-host',
    async show(started) {
      const { ui, page } = started;
      await ui.clickInline('lab-2', 'What Can I Do?');
      const dialog = ui.dialog('"lab-2" is not connected.');
      await dialog.waitFor();
      return areaOf(page, dialog);
    },
    leave: escape,
  },
  {
    name: 'force-off',
    async show(started) {
      const { ui, page } = started;
      await ui.selectRows('web-01', 'web-02');
      await ui.openContextMenu('web-02');
      await ui.pickMenu('Force Off…');
      const dialog = ui.dialog('Force off 2 VMs');
      await dialog.waitFor();
      return areaOf(page, dialog);
    },
    leave: escape,
  },
  {
    name: 'shutdown-ignored',
    async show(started) {
      const { ui, page } = started;
      await ui.clickInline('mail', 'Shut Down');
      const toast = ui.notification('mail did not shut down');
      await toast.waitFor();
      await page.mouse.move(700, 300);
      return areaOf(page, toast);
    },
    async leave({ ui }) {
      await ui.runCommand('Notifications: Clear All Notifications');
      await ui.openContextMenu('mail');
      await ui.pickMenu('Dismiss Result');
    },
  },
  {
    name: 'status',
    async show(started) {
      const { ui, page } = started;
      await page.locator('.statusbar-item[id^="vm-deck"]').click();
      await ui.quickItems().filter({ hasText: 'lab-1' }).first().waitFor();
      return areaOf(page, quickInput(page));
    },
    leave: escape,
  },
  {
    name: 'console',
    walkthrough: 'console',
    async show(started) {
      const { ui, page } = started;
      // What is done to one of several that are selected is done to all
      await ui.selectRows('web-01');
      await ui.clickInline('web-01', 'Open Serial Console');
      await ui
        .terminal()
        .filter({ hasText: /Serial\s+console/ })
        .waitFor();
      await page.keyboard.type('uname -r; uptime');
      await page.keyboard.press('Enter');
      await ui
        .terminal()
        .filter({ hasText: /load\s+average/ })
        .waitFor();
      return areaOf(page, page.locator('.part.panel'));
    },
    async leave({ page, ui }) {
      await page.keyboard.press('Control+]');
      await ui.terminal().waitFor({ state: 'detached' });
    },
  },
  {
    name: 'definition',
    async show(started) {
      const { ui, page } = started;
      await ui.openContextMenu('old-db');
      await ui.pickMenu('Open Definition');
      await ui.editorLine('<name>old-db</name>').waitFor();
      await page.mouse.move(700, 600);
      await page.locator('.workbench-hover:visible').waitFor({ state: 'detached' });
      const area = await areaOf(page, page.locator('.editor-group-container').first());
      // Further down are paths of the machine it was taken on
      return { ...area, width: Math.min(area.width, 620), height: 200 };
    },
    async leave({ ui }) {
      await ui.runCommand('View: Close All Editors');
    },
  },
  {
    name: 'dashboard',
    async show(started) {
      const page = await openDashboard(started);
      await page.locator('.body .row', { hasText: 'web-02' }).getByText(/\d+%/).first().waitFor();
      // Off the button that opened it, whose tooltip would be in the picture
      await started.page.mouse.move(2, 600);
      // Sparklines need some samples
      await started.page.waitForTimeout(8_000);
      return editorArea(started);
    },
    leave: () => Promise.resolve(),
  },
  {
    name: 'dashboard-detail',
    async show(started) {
      const page = await openDashboard(started);
      await page.locator('.body .row', { hasText: 'web-02' }).first().dblclick();
      await page.locator('[data-chart="disk vda"] .chart-values').waitFor();
      await started.page.waitForTimeout(8_000);
      return editorArea(started);
    },
    leave: ({ page }) => toggleSideBar(page),
  },
  {
    name: 'many-vms',
    world: 'farm',
    async show(started) {
      const { ui, page } = started;
      await ui.rowDescription('farm').filter({ hasText: '500 of 1000 running' }).waitFor();
      await page.mouse.move(700, 500);
      // Down to the end of the view, where a row is cut
      const area = await viewArea(started);
      const bar = await page.locator('.part.sidebar').boundingBox();
      return bar ? { ...area, height: bar.y + bar.height - area.y } : area;
    },
    leave: () => Promise.resolve(),
  },
  {
    name: 'welcome',
    world: 'none',
    async show({ ui, page }) {
      await ui.welcome().waitFor();
      await page.mouse.move(700, 500);
      const lines = ui.welcome().locator('p, .button-container');
      return areaOf(page, page.locator('.sidebar .composite.title'), lines.first(), lines.last());
    },
    leave: () => Promise.resolve(),
  },
];
