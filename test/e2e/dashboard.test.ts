import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { FrameLocator, Locator } from 'playwright-core';

import type { Guest } from '../tools/rig/guest.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

/** Columns as a dashboard begins with them. */
const column = { state: 2, cpu: 4 } as const;

/** How long the figures of a busy guest are compared. */
const windowMs = 30_000;
/** By how much what is shown is behind, in the mean: half an interval, and the way to the page. */
const lagMs = 1_500;

describe('the dashboard in a real workbench, on real guests', () => {
  let host: RigHost;
  let started: StartedWorkbench;
  let busy: Guest;
  let idle: Guest;

  before(async () => {
    host = await startRigHost({ name: 'lab-1' });
    busy = await host.defineGuest({ name: 'busy', memoryMiB: 96, busy: true });
    idle = await host.defineGuest({ name: 'idle', memoryMiB: 96 });
    await busy.start();
    await busy.waitReady();
    started = await startWorkbench({ hosts: { 'lab-1': { uri: host.uri, order: 1 } } });
    await started.ui.row('busy').waitFor();
    await started.ui.clickTitleAction('Open Dashboard');
    await frame().locator('.dashboard').waitFor();
  });

  after(async () => {
    await (started as StartedWorkbench | undefined)?.stop();
    await host.stop();
  });

  const frame = (): FrameLocator =>
    started.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  const row = (name: string): Locator =>
    frame().locator('.body .row:not([hidden])', {
      has: frame().locator('.name', { hasText: new RegExp(`^${name}$`) }),
    });
  const cell = (name: string, index: number): Locator =>
    row(name).locator(`.cell[aria-colindex="${index}"]`);

  it('shows the guests as they are', async () => {
    await cell('busy', column.state).filter({ hasText: 'running' }).waitFor();
    await cell('idle', column.state).filter({ hasText: 'off' }).waitFor();
    await cell('busy', column.cpu).filter({ hasText: /\d+%/ }).waitFor();
    assert.equal(await cell('idle', column.cpu).textContent(), '–');
  });

  it('starts a guest from its selection bar, and shows that in the row', async () => {
    await row('idle').click();
    await frame().locator('.selection-bar [data-action="start"]').click();
    await cell('idle', column.state).filter({ hasText: 'running' }).waitFor();
    assert.equal(await idle.state(), 'running');
  });

  it('is there again after the window was loaded anew', async () => {
    await started.ui.reload();
    await cell('busy', column.state).filter({ hasText: 'running' }).waitFor();
    await cell('busy', column.cpu).filter({ hasText: /\d+%/ }).waitFor();
  });

  it('shows of a busy guest the CPU that libvirt counts over the same time', async () => {
    const readNs = async (): Promise<readonly [ns: number, at: number]> => {
      const before = performance.now();
      const stats = await host.mustVirsh('domstats', '--cpu-total', busy.uuid);
      const ns = Number(/cpu\.time=(\d+)/.exec(stats)?.[1]);
      return [ns, (before + performance.now()) / 2];
    };
    const [startNs, startAt] = await readNs();
    // What is shown is of the 2 s before it was sampled
    await delay(lagMs);
    const shown: number[] = [];
    let end: readonly [number, number] | undefined;
    while (performance.now() - startAt < windowMs + lagMs) {
      if (!end && performance.now() - startAt >= windowMs) {
        end = await readNs();
      }
      const text = (await cell('busy', column.cpu).textContent()) ?? '';
      const percent = /(\d+)%/.exec(text)?.[1];
      if (percent !== undefined) {
        shown.push(Number(percent));
      }
      await delay(250);
    }
    const [endNs, endAt] = end ?? (await readNs());
    const counted = ((endNs - startNs) / 1e6 / (endAt - startAt)) * 100;
    const mean = shown.reduce((sum, percent) => sum + percent, 0) / shown.length;
    assert.ok(counted > 10, `the guest is busy: ${counted}`);
    assert.ok(
      Math.abs(mean - counted) <= 5,
      `shown ${mean.toFixed(1)}, counted ${counted.toFixed(1)}`,
    );
  });

  it('shows a guest over time, opened and closed by the keyboard', async () => {
    const { page, ui } = started;
    const pane = frame().getByRole('region', { name: 'Details' });
    const values = (chart: string): Locator =>
      pane.locator(`[data-chart="${chart}"] .chart-values`);
    await row('busy').click();
    await page.keyboard.press('Enter');
    await values('cpu').filter({ hasText: /\d+%/ }).waitFor();
    assert.equal(await values('vcpus').count(), 0, 'its only vCPU would be the same graph');
    await values('memory').filter({ hasText: /MiB/ }).waitFor();
    await values('disk vda')
      .filter({ hasText: /read .*written/ })
      .waitFor();
    await pane.locator('.facts').filter({ hasText: 'vda' }).waitFor();
    await ui.screenshot('dashboard-detail');
    await page.keyboard.press('Escape');
    await pane.waitFor({ state: 'hidden' });
  });

  it('says of a guest whose QEMU is stopped that it does not answer', async () => {
    idle.signal('SIGSTOP');
    await cell('idle', column.state).filter({ hasText: 'not answering' }).waitFor();
    idle.signal('SIGCONT');
    await cell('idle', column.state).filter({ hasText: 'running' }).waitFor();
  });

  it('keeps what it knew of a host that is gone, and goes on when it is back', async () => {
    // After the guest that did not answer, a reading may have been a gap
    await cell('busy', column.cpu).filter({ hasText: /\d+%/ }).waitFor();
    await host.killDaemon();
    await frame().locator('.host-card.is-old').waitFor();
    await frame().locator('.row.is-lost').first().waitFor();
    assert.match((await cell('busy', column.cpu).textContent()) ?? '', /\d+%/);
    await host.startDaemon();
    await cell('busy', column.state).filter({ hasText: 'running' }).waitFor();
  });

  it('is hidden and shown again as it was', async () => {
    await frame().getByRole('combobox', { name: 'Filter' }).fill('busy');
    await row('idle').waitFor({ state: 'detached' });
    await delay(600); // until it has kept that
    await started.ui.runCommand('File: New Untitled Text File');
    await started.page.locator('iframe.webview.ready').waitFor({ state: 'hidden' });
    await started.ui.runCommand('VM Deck: Open Dashboard');
    await row('busy').waitFor();
    assert.equal(await frame().getByRole('combobox', { name: 'Filter' }).inputValue(), 'busy');
    assert.equal(await started.ui.tab('VM Dashboard').count(), 1, 'there is one');
  });

  it('keeps a filter under a name in the settings, and offers it again', async () => {
    const box = frame().getByRole('combobox', { name: 'Filter' });
    await frame().getByRole('button', { name: 'Saved Filters' }).click();
    await frame().getByRole('menuitem', { name: 'Save This Filter…' }).click();
    await frame().getByRole('textbox', { name: 'Name of the filter' }).fill('the busy one');
    await started.page.keyboard.press('Enter');
    await waitFor(() => {
      assert.deepEqual(started.userSettings()['vmDeck.filters'], { 'the busy one': 'busy' });
    });
    await box.fill('');
    await row('idle').waitFor();
    await frame().getByRole('button', { name: 'Saved Filters' }).click();
    await frame().locator('.menu-item', { hasText: 'the busy one' }).click();
    await row('idle').waitFor({ state: 'detached' });
    assert.equal(await box.inputValue(), 'busy');
  });

  it('stands in a window of its own', async () => {
    const opening = started.page.context().waitForEvent('page');
    await started.ui.runCommand('View: Move Editor into New Window');
    const window = await opening;
    const own = window.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await own.locator('.body .row:not([hidden]) .name', { hasText: /^busy$/ }).waitFor();
    await window.close();
  });
});

async function waitFor(check: () => void): Promise<void> {
  for (let left = 40; ; left--) {
    try {
      check();
      return;
    } catch (error) {
      if (left === 0) {
        throw error;
      }
      await delay(250);
    }
  }
}
