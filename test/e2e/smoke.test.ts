import assert from 'node:assert/strict';

import { sharedHost } from '../tools/rig/sharedHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

describe('the packaged extension in a real workbench', () => {
  let started: StartedWorkbench;

  before(async () => {
    const host = await sharedHost();
    await host.defineGuest({ name: 'smoke (1)' });
    started = await startWorkbench({
      hosts: {
        'rig host': { uri: host.uri, order: 1, autoConnect: true },
        absent: { uri: 'qemu:///system?socket=/nobody/listens', order: 2, autoConnect: true },
      },
    });
  });

  after(async () => {
    await started.stop();
    await (await sharedHost()).mustVirsh('undefine', 'smoke (1)');
  });

  it('shows a real host of the settings with its VMs', async () => {
    await started.ui.expandRow('rig host');
    await started.ui.row('smoke (1)').waitFor();
    assert.equal(await started.ui.row('rig host').count(), 1);
  });

  it('has its commands in the context menu of a row', async () => {
    await started.ui.whenMenuOffers('smoke (1)', 'Start');
  });

  it('has them in a submenu', async () => {
    await started.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await started.ui.openContextMenu('smoke (1)');
    await started.ui.pickMenu('Copy', 'Copy Name');
    await started.ui.clickTitleAction('Filter');
    await started.ui.quickInput().waitFor();
    await started.page.keyboard.press('Control+V');
    assert.equal(await started.ui.quickInput().inputValue(), 'smoke (1)');
    await started.page.keyboard.press('Escape');
  });

  it('has them in the palette, and an output channel that is written', async () => {
    await started.ui.runCommand('VM Deck: Show Log');
    const output = started.page.locator('.output-view .view-lines');
    // The editor draws spaces as no-break ones.
    await output.filter({ hasText: /not.connected/ }).waitFor();
  });
});
