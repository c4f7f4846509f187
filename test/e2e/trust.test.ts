import assert from 'node:assert/strict';

import { sharedHost } from '../tools/rig/sharedHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

describe('a folder that is not trusted', () => {
  let started: StartedWorkbench;

  before(async () => {
    const { uri } = await sharedHost();
    started = await startWorkbench({
      trust: true,
      theme: 'highContrastLight',
      hosts: { mine: { uri, order: 2 } },
      folderSettings: {
        'vmDeck.hosts': {
          intruder: { uri: 'test:///default', order: 1 },
          mistyped: { uri: 'nonsense', order: 3 },
        },
      },
    });
  });

  after(() => (started as StartedWorkbench | undefined)?.stop());

  it('is drawn in the theme that was asked for', async () => {
    await started.page.locator('.monaco-workbench.hc-light').waitFor();
  });

  it("leaves the user's hosts in use, and its own out", async () => {
    const { ui } = started;
    await ui.statusItem('Restricted Mode').waitFor();
    await ui.rowDescription('mine').filter({ hasText: 'running' }).waitFor();
    assert.equal(await ui.row('intruder').count(), 0);
  });

  it('brings its hosts in once it is trusted', async () => {
    const { ui, page } = started;
    await ui.statusItem('Restricted Mode').click();
    await page.locator('.workspace-trust-editor').getByText('Trust', { exact: true }).click();
    await ui.statusItem('Restricted Mode').waitFor({ state: 'detached' });
    // Trust may start the extension host anew
    await ui.row('intruder').waitFor();
    await ui.rowDescription('mine').filter({ hasText: 'running' }).waitFor();
  });

  it('has an entry with a mistake opened where it stands', async () => {
    const { ui, page } = started;
    const trust = page.locator('.monaco-modal-editor-block');
    await trust.locator('.action-label.codicon-close').first().click();
    await trust.waitFor({ state: 'detached' });
    await ui.expandRow('mistyped');
    await ui.row('Correct it in the settings').click();
    const place = page.locator('.monaco-breadcrumbs').filter({ hasText: '.vscode' });
    await place.filter({ hasText: /settings\.json.*vmDeck\.hosts.*mistyped/ }).waitFor();
  });
});
