import assert from 'node:assert/strict';

import { openConsole } from '../../src/operations/console.ts';
import { domainNamed, openSession } from '../integration/inventory/rigSession.ts';
import type { Guest } from '../tools/rig/guest.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

const oddName = 'naïve % #1 "x"';

describe('looking inside a VM', () => {
  let host: RigHost;
  let guest: Guest;
  let started: StartedWorkbench;

  before(async () => {
    host = await startRigHost({ name: 'lab-1' });
    guest = await host.defineGuest({ name: 'web-01', memoryMiB: 96 });
    await guest.start();
    await host.defineGuest({ name: oddName });
    [started] = await Promise.all([
      startWorkbench({ hosts: { 'lab-1': { uri: host.uri, order: 1 } } }),
      guest.waitReady(),
    ]);
    await started.ui.rowIcon('web-01', 'vm-running').waitFor();
  });

  after(async () => {
    await (started as StartedWorkbench | undefined)?.stop();
    await host.stop();
  });

  /** The terminal draws spaces as no-break ones, and breaks long lines. */
  async function waitForTerminal(text: string): Promise<void> {
    const pattern = new RegExp(text.replaceAll(' ', '\\s+'));
    await started.ui.terminal().filter({ hasText: pattern }).waitFor();
  }

  describe('through its serial console', () => {
    it('shows what the guest answers', async () => {
      const { ui, page } = started;
      await ui.clickInline('web-01', 'Open Serial Console');
      await waitForTerminal('Serial console of web-01');
      await page.keyboard.type('echo sum=$((40+2))');
      await page.keyboard.press('Enter');
      await waitForTerminal('sum=42');
    });

    it('is left by Ctrl+]', async () => {
      const { ui, page } = started;
      await page.keyboard.press('Control+]');
      await ui.terminal().waitFor({ state: 'detached' });
      assert.equal(await guest.state(), 'running');
    });

    it('that somebody else has open is taken over only when one says so', async () => {
      const { ui, page } = started;
      const session = await openSession(host.socketPath);
      const domain = domainNamed(session, 'web-01');
      assert.ok(domain);
      const other = await openConsole(session, domain);
      const isCutOff = (async () => {
        try {
          for await (const chunk of other) {
            assert.ok(chunk.length > 0);
          }
        } catch {
          // To be cut off may be told as an error
        }
        return true;
      })();
      await ui.openContextMenu('web-01');
      await ui.pickMenu('Open Serial Console');
      await waitForTerminal('Somebody else has the console of web-01 open');
      await ui.clickNotification('Somebody else has the serial console of web-01', 'Take Over');
      await waitForTerminal('Serial console of web-01');
      assert.equal(await isCutOff, true);
      // What takes the pointer lies above the rows
      await ui.terminal().click({ force: true });
      await page.keyboard.type('echo sum=$((50+3))');
      await page.keyboard.press('Enter');
      await waitForTerminal('sum=53');
      session.dispose();
      await page.keyboard.press('Control+]');
      await ui.terminal().waitFor({ state: 'detached' });
    });
  });

  describe('through its definition', () => {
    it('has a tab that can be read, whatever its name', async () => {
      const { ui } = started;
      await ui.openContextMenu(oddName);
      await ui.pickMenu('Open Definition');
      await ui.tab(`${oddName}.xml`).waitFor();
      await ui.editorLine('<name>naïve % #1 &quot;x&quot;</name>').waitFor();
    });

    it('follows when it is renamed', async () => {
      const { ui } = started;
      await ui.openContextMenu(oddName);
      await ui.pickMenu('Rename…');
      await ui.quickInput().waitFor();
      await ui.answerQuickInput('plain-01');
      await ui.row('plain-01').waitFor();
      await ui.editorLine('<name>plain-01</name>').waitFor();
      await ui.tab('deleted').waitFor({ state: 'detached' });
      assert.match(await host.mustVirsh('list', '--all', '--name'), /^plain-01$/m);
    });

    it('is deleted after a question, and brought back by Undo', async () => {
      const { ui } = started;
      const uuid = await host.mustVirsh('domuuid', 'plain-01');
      await ui.openContextMenu('plain-01');
      await ui.pickMenu('Delete Definition…');
      const question = ui.dialog('Delete the definition of plain-01?');
      await question.filter({ hasText: 'The disks are kept.' }).waitFor();
      await ui.clickDialog('Delete the definition', 'Delete Definition');
      await ui.row('plain-01').waitFor({ state: 'detached' });
      await ui.clickNotification('The definition of plain-01 was deleted.', 'Undo');
      await ui.rowIcon('plain-01', 'vm-outline').waitFor();
      assert.equal(await host.mustVirsh('domuuid', 'plain-01'), uuid);
      await ui.editorLine('<name>plain-01</name>').waitFor();
    });
  });

  it('through a tooltip that stays while its figures change', async () => {
    const { ui, page } = started;
    const tooltip = page.locator('.workbench-hover:visible').filter({ hasText: 'UUID' });
    const label = ui.row('web-01').locator('.label-name');
    for (let attempt = 0; attempt < 20 && !(await tooltip.isVisible()); attempt++) {
      // A row that is drawn anew before its tooltip is asked for shows it when the pointer comes back
      await page.mouse.move(700, 500);
      await label.hover();
      await page.waitForTimeout(1_500);
    }
    await tooltip.filter({ hasText: guest.uuid }).waitFor();
    // Figures come every 2 s
    await page.waitForTimeout(5_000);
    assert.ok(await tooltip.isVisible());
    await page.mouse.move(0, 0);
  });

  it('through a picture of its screen', async () => {
    const { ui } = started;
    await ui.openContextMenu('web-01');
    await ui.pickMenu('Take Screenshot');
    await ui.tab(/web-01.*\.png/).waitFor();
  });
});
