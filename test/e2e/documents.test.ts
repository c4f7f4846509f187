import assert from 'node:assert/strict';

import type { Guest } from '../tools/rig/guest.ts';
import type { RigHost } from '../tools/rig/rigHost.ts';
import { sharedGuest, sharedHost } from '../tools/rig/sharedHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

describe('definitions, screenshots and consoles in a real workbench', () => {
  const oddNames = ['100% #1 ?', '50%2F', `it's "so"`, 'Zoë 🐧'];
  let host: RigHost;
  let started: StartedWorkbench;
  const guests: Guest[] = [];

  before(async () => {
    host = await sharedHost();
    await sharedGuest();
    for (const name of oddNames) {
      guests.push(await host.defineGuest({ name }));
    }
    started = await startWorkbench({
      hosts: { 'rig/host #1': { uri: host.uri, order: 1, autoConnect: true } },
    });
    await started.ui.openVmDeck();
    await started.ui.row('shared').waitFor();
  });

  after(async () => {
    await started.stop();
    for (const { uuid } of guests) {
      await host.virsh('undefine', uuid);
    }
  });

  for (const name of oddNames) {
    it(`opens the definition of ${name}`, async () => {
      const { ui } = started;
      await ui.openContextMenu(name);
      await ui.pickMenu('Open Definition');
      // What would be read as an encoded character is encoded once more
      await ui.tab(`${name.replace('%2F', '%252F')}.xml`).waitFor();
      await started.page
        .locator('.editor-instance .view-lines', { hasText: '<uuid>' })
        .first()
        .waitFor();
      const uuid = guests.find((guest) => guest.name === name)!.uuid;
      assert.ok((await ui.editorText()).includes(uuid));
    });
  }

  it('shows what another client changed in a definition that is open', async () => {
    const { ui } = started;
    const { uuid, name } = guests[0]!;
    await ui.openContextMenu(name);
    await ui.pickMenu('Open Definition');
    await ui.tab(`${name}.xml`).waitFor();
    await host.mustVirsh('desc', uuid, '--config', '--title', 'Changed from outside');
    await host.mustVirsh('autostart', '--disable', uuid);
    await host.mustVirsh('setvcpus', uuid, '1', '--config');
    await started.page
      .locator('.editor-instance .view-lines', { hasText: /Changed.from.outside/ })
      .first()
      .waitFor();
  });

  it('cannot be typed into, and says why', async () => {
    const { page } = started;
    await page.locator('.editor-instance .view-lines').first().click();
    await page.keyboard.type('x');
    await page.locator('.monaco-editor-overlaymessage', { hasText: 'what libvirt says' }).waitFor();
  });

  it('shows a screenshot as a picture', async () => {
    const { ui, page } = started;
    await ui.openContextMenu('shared');
    await ui.pickMenu('Take Screenshot');
    await ui.tab(/^shared \d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.png/).waitFor();
    const picture = page
      .frameLocator('iframe.webview.ready >> visible=true')
      .frameLocator('#active-frame')
      .locator('img');
    await picture.waitFor();
    const width = await picture.evaluate(
      (image) => (image as unknown as { naturalWidth: number }).naturalWidth,
    );
    assert.ok(width >= 640, `${width} pixels wide`);
    await ui.screenshot('documents-screenshot');
  });

  it('talks to the guest over its serial console, and focuses it when opened again', async () => {
    const { ui, page } = started;
    await ui.openContextMenu('shared');
    await ui.pickMenu('Open Serial Console');
    await ui.terminal().filter({ hasText: 'Serial console of shared' }).waitFor();
    await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await page.keyboard.type('\necho sum=$((40 + 2))\n');
    await ui.terminal().filter({ hasText: 'sum=42' }).waitFor();
    await ui.runCommand('VM Deck: Send Terminal Size to the Guest');
    await ui
      .terminal()
      .filter({ hasText: /stty.rows.\d+.cols.\d+/ })
      .waitFor();
    await ui.screenshot('documents-console');
    await ui.openContextMenu('shared');
    await ui.pickMenu('Open Serial Console');
    await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    assert.equal(await page.locator('.terminal-wrapper').count(), 1);
    await page.keyboard.press('Control+]');
    await page.locator('.terminal-wrapper').waitFor({ state: 'detached' });
  });

  it('tells of a VM in its tooltip', async () => {
    const { ui, page } = started;
    // Drawing the row again, as its figures change, takes the tooltip away
    const hover = page
      .locator('.monaco-hover:visible', { hasText: 'UUID' })
      .filter({ hasText: /vda:.*qcow2/ })
      .filter({ hasText: 'Definition · Console · Screenshot' });
    for (let attempt = 0; attempt < 20 && !(await hover.isVisible()); attempt++) {
      await page.mouse.move(700, 300);
      await ui.row('shared').hover();
      await hover.waitFor({ timeout: 3_000 }).catch(() => undefined);
    }
    await hover.waitFor({ timeout: 1_000 });
    await ui.screenshot('documents-tooltip');
  });

  it('restores a definition after a reload, once its host is connected', async () => {
    const { ui, page } = started;
    const { name, uuid } = guests[0]!;
    await ui.openContextMenu(name);
    await ui.pickMenu('Open Definition');
    await ui.tab(`${name}.xml`).waitFor();
    await ui.tab(`${name}.xml`).dblclick();
    await page.waitForTimeout(2_000);
    await page.reload();
    // Which tab is in front is as the workbench last saved it
    await ui.tab(`${name}.xml`).click();
    await page.locator('.editor-instance .view-lines', { hasText: uuid }).first().waitFor();
  });
});
