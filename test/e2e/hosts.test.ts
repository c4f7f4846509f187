import assert from 'node:assert/strict';

import { sharedHost } from '../tools/rig/sharedHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

describe('hosts, as a person keeps them', () => {
  let started: StartedWorkbench;
  let uri: string;

  before(async () => {
    uri = (await sharedHost()).uri;
    started = await startWorkbench({
      hosts: {
        broken: { uri: 'nonsense', order: 1 },
        absent: { uri: 'qemu:///system?socket=/nobody/listens', order: 2 },
      },
    });
  });

  after(() => started.stop());

  it('adds one: the URI is checked while typed, a name that is taken refused, the host shown', async () => {
    const { ui } = started;
    await ui.clickTitleAction('Add Host');
    await ui.pickQuickItem('Enter a URI…');
    await ui.quickInput().fill('qemu:/oops');
    await ui.quickInputMessage().filter({ hasText: 'is not a libvirt URI' }).waitFor();
    await ui.answerQuickInput(uri);
    await ui.quickInputMessage().filter({ hasText: 'What you call' }).waitFor();
    await ui.quickInput().fill('absent');
    await ui.quickInputMessage().filter({ hasText: 'already a host called "absent"' }).waitFor();
    await ui.answerQuickInput('rig host');
    await ui.quickItems().filter({ hasText: 'Read the VMs' }).waitFor();
    await ui.quickItems().filter({ hasText: /^Add$/ }).waitFor();
    await ui.screenshot('hosts-add-works');
    await started.page.keyboard.press('Enter');
    await ui
      .rowDescription('rig host')
      .filter({ hasText: /of \d+ running/ })
      .waitFor();
  });

  it('escape leaves without a trace, and back goes a step back', async () => {
    const { ui, page } = started;
    await ui.runCommand('VM Deck: Add Host…');
    await ui.pickQuickItem('Enter a URI…');
    await ui.answerQuickInput('qemu:///system?socket=/nobody/listens');
    await ui.quickInputMessage().filter({ hasText: 'What you call' }).waitFor();
    await ui.answerQuickInput('other');
    await ui.quickItems().filter({ hasText: 'Add Anyway' }).waitFor();
    await ui.screenshot('hosts-add-fails');
    await page.locator('.quick-input-widget [aria-label^="Back"]').click();
    await ui.quickInputMessage().filter({ hasText: 'What you call' }).waitFor();
    assert.equal(await ui.quickInput().inputValue(), 'other');
    await page.keyboard.press('Escape');
    await ui.quickInput().waitFor({ state: 'hidden' });
    assert.equal(await ui.row('other').count(), 0);
  });

  it('tells in the status bar how all stand, and what can be done', async () => {
    const { ui, page } = started;
    await ui
      .statusItem(/\d+\/\d+/)
      .locator('a')
      .click();
    await ui.quickItems().filter({ hasText: 'absent' }).waitFor();
    await ui.screenshot('hosts-status');
    await ui.quickItems().filter({ hasText: 'absent' }).click();
    await ui.dialog('"absent" is not connected').waitFor();
    await ui.screenshot('hosts-help');
    await page.keyboard.press('Escape');
  });

  it('what stands below a host that is not well can be clicked, whatever is selected', async () => {
    const { ui, page } = started;
    await ui.row('rig host').click();
    const note = ui.row('What can I do?');
    assert.equal(await note.locator('.disabled, .disabled-command').count(), 0);
    await note.click();
    await ui.dialog('"absent" is not connected').waitFor();
    await page.keyboard.press('Escape');
  });

  it('an entry with a mistake says so, and a click opens it', async () => {
    const { ui, page } = started;
    await ui.rowDescription('broken').filter({ hasText: 'is not a libvirt URI' }).waitFor();
    await ui.expandRow('broken');
    await ui.row('Correct it in the settings').click();
    // In a tab or in an editor above the others, the breadcrumbs tell where the cursor stands
    const place = page.locator('.monaco-breadcrumbs').filter({ hasText: 'settings.json' });
    await place.filter({ hasText: /vmDeck\.hosts.*broken/ }).waitFor();
    await ui.screenshot('hosts-entry');
    await page.keyboard.press('Escape');
    await page.locator('.monaco-modal-editor-block').waitFor({ state: 'detached' });
  });

  it('removes one after asking, and brings it back', async () => {
    const { ui } = started;
    await ui.openContextMenu('rig host');
    await ui.pickMenu('Remove Host…');
    await ui.clickDialog('Remove the host "rig host"', 'Remove');
    await ui.row('rig host').waitFor({ state: 'detached' });
    await ui.clickNotification('was removed', 'Undo');
    await ui
      .rowDescription('rig host')
      .filter({ hasText: /of \d+ running/ })
      .waitFor();
  });

  it('makes one read-only, and moves it', async () => {
    const { ui } = started;
    await ui.openContextMenu('rig host');
    await ui.pickMenu('Move Up');
    // The row that follows directly, in the list's own count
    const place = async (label: string): Promise<number> =>
      Number(await ui.row(label).getAttribute('data-index'));
    await assert.doesNotReject(async () => {
      for (let tries = 0; (await place('rig host')) > (await place('absent')); tries++) {
        assert.ok(tries < 100, 'it stands where it stood');
        await started.page.waitForTimeout(100);
      }
    });
    await ui.openContextMenu('rig host');
    await ui.pickMenu('Read-Only');
    await ui.rowDescription('rig host').filter({ hasText: 'read-only' }).waitFor();
    await ui.screenshot('hosts-read-only');
  });
});
