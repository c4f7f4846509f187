import assert from 'node:assert/strict';

import { type StartedWorkbench, startWorkbench } from '../tools/workbench/startWorkbench.ts';
import { sharedHost } from '../tools/rig/sharedHost.ts';

describe('the packaged extension in a real workbench', () => {
  let started: StartedWorkbench;

  before(async () => {
    const host = await sharedHost();
    started = await startWorkbench({
      hosts: { 'rig host': { uri: host.uri, order: 1, autoConnect: true } },
    });
  });

  after(() => started.stop());

  it('shows a real host of the settings in its view', async () => {
    await started.ui.row('rig host').waitFor();
    assert.equal(await started.ui.row('rig host').count(), 1);
  });

  it('has its commands in the palette, and an output channel that is written', async () => {
    await started.ui.runCommand('VM Deck: Show Log');
    const output = started.page.locator('.output-view .view-lines');
    await output.waitFor();
    await output.filter({ hasText: /\S/ }).waitFor();
  });
});
