import assert from 'node:assert/strict';

import { openConsole } from '../../src/operations/console.ts';
import { domainNamed, openSession } from '../integration/inventory/rigSession.ts';
import type { Guest } from '../tools/rig/guest.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

const renamed = 'naïve % #1 "x"';
const oddNames = ['100% #1 ?', '50%2F', `it's "so"`, 'Zoë 🐧', renamed];
const hostName = 'rig/host #1';

describe('looking inside a VM', () => {
  let host: RigHost;
  let guest: Guest;
  let started: StartedWorkbench;
  const odd = new Map<string, Guest>();

  before(async () => {
    host = await startRigHost({ name: 'lab-1' });
    guest = await host.defineGuest({ name: 'web-01', memoryMiB: 96 });
    await guest.start();
    for (const name of oddNames) {
      odd.set(name, await host.defineGuest({ name, memoryMiB: 96 }));
    }
    [started] = await Promise.all([
      startWorkbench({ hosts: { [hostName]: { uri: host.uri, order: 1 } } }),
      guest.waitReady(),
    ]);
    await started.ui.rowIcon('web-01', 'vm-running').waitFor();
  });

  after(async () => {
    await (started as StartedWorkbench | undefined)?.stop();
    await host.stop();
  });

  function uuidOf(name: string): string {
    const found = odd.get(name);
    assert.ok(found);
    return found.uuid;
  }

  async function openDefinition(name: string): Promise<void> {
    await started.ui.openContextMenu(name);
    await started.ui.pickMenu('Open Definition');
  }

  /** The terminal draws spaces as no-break ones, and breaks long lines. */
  async function waitForTerminal(text: string): Promise<void> {
    const pattern = new RegExp(text.replaceAll(' ', '\\s+'));
    await started.ui.terminal().filter({ hasText: pattern }).waitFor();
  }

  async function type(text: string): Promise<void> {
    const { page } = started;
    await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }

  async function leaveConsole(): Promise<void> {
    const { ui, page } = started;
    await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await page.keyboard.press('Control+]');
    await ui.terminal().waitFor({ state: 'detached' });
  }

  describe('through its serial console', () => {
    it('shows what the guest answers', async () => {
      const { ui } = started;
      await ui.clickInline('web-01', 'Open Serial Console');
      await waitForTerminal('Serial console of web-01');
      await type('echo sum=$((40+2))');
      await waitForTerminal('sum=42');
    });

    it("tells the guest the terminal's size", async () => {
      await started.ui.runCommand('VM Deck: Send Terminal Size to the Guest');
      await waitForTerminal('stty rows \\d+ cols \\d+');
    });

    it('is there once, and is left by Ctrl+]', async () => {
      const { ui, page } = started;
      await ui.openContextMenu('web-01');
      await ui.pickMenu('Open Serial Console');
      await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
      assert.equal(await page.locator('.terminal-wrapper').count(), 1);
      await leaveConsole();
      assert.equal(await guest.state(), 'running');
    });

    it('that somebody else has open is taken over only when one says so', async () => {
      const { ui } = started;
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
      await type('echo sum=$((50+3))');
      await waitForTerminal('sum=53');
      session.dispose();
      await leaveConsole();
    });

    it('of one that is off is offered with a start', async () => {
      const { ui, page } = started;
      await ui.row(renamed).click();
      await page.keyboard.press('Control+Alt+T');
      await ui.clickNotification(`${renamed} is off`, 'Start');
      await ui.rowIcon(renamed, 'vm-running').waitFor();
      // What we say ourselves is scrolled away by the boot
      await waitForTerminal("Enter 'help'");
    });

    it('says that it went off, and is called by the new name when that is renamed', async () => {
      const { ui, page } = started;
      await odd.get(renamed)?.destroy();
      await waitForTerminal('is off. Ctrl\\+\\] leaves');
      await ui.openContextMenu(renamed);
      await ui.pickMenu('Rename…');
      await ui.quickInput().waitFor();
      await ui.answerQuickInput('plain-01');
      await ui.row('plain-01').waitFor();
      assert.match(await host.mustVirsh('list', '--all', '--name'), /^plain-01$/m);
      const title = page.locator('.part.panel', { hasText: 'plain-01 serial console' });
      await title.waitFor();
      await ui.screenshot('console-renamed');
      await leaveConsole();
    });
  });

  describe('through its definition', () => {
    for (const name of oddNames.filter((odd) => odd !== renamed)) {
      it(`has a tab that can be read, also if it is called ${name}`, async () => {
        const { ui } = started;
        await openDefinition(name);
        // What would be read as an encoded character is encoded once more
        await ui.tab(`${name.replace('%2F', '%252F')}.xml`).waitFor();
        await ui.editorLine(`<uuid>${uuidOf(name)}</uuid>`).waitFor();
      });
    }

    it('cannot be typed into, and says why', async () => {
      const { page } = started;
      await page.locator('.editor-instance .view-lines').first().click();
      await page.keyboard.type('x');
      const why = page.locator('.monaco-editor-overlaymessage');
      await why.filter({ hasText: 'what libvirt says' }).waitFor();
    });

    it('follows what another client changes', async () => {
      const { ui } = started;
      await openDefinition('100% #1 ?');
      await ui.editorLine('<name>100% #1 ?</name>').waitFor();
      const uuid = uuidOf('100% #1 ?');
      await host.mustVirsh('desc', uuid, '--config', '--title', 'Changed from outside');
      await ui.editorLine('Changed from outside').waitFor();
    });

    it('follows when it is renamed', async () => {
      const { ui } = started;
      await openDefinition(`it's "so"`);
      await ui.editorLine(`<uuid>${uuidOf(`it's "so"`)}</uuid>`).waitFor();
      await host.mustVirsh('domrename', uuidOf(`it's "so"`), 'so');
      await ui.editorLine('<name>so</name>').waitFor();
      await ui.tab('deleted').waitFor({ state: 'detached' });
    });

    it('is deleted after a question, and brought back by Undo', async () => {
      const { ui } = started;
      await openDefinition('plain-01');
      await ui.editorLine('<name>plain-01</name>').waitFor();
      await ui.openContextMenu('plain-01');
      await ui.pickMenu('Delete Definition…');
      const question = ui.dialog('Delete the definition of plain-01?');
      await question.filter({ hasText: 'The disks are kept.' }).waitFor();
      await ui.clickDialog('Delete the definition', 'Delete Definition');
      await ui.row('plain-01').waitFor({ state: 'detached' });
      await ui.clickNotification('The definition of plain-01 was deleted.', 'Undo');
      await ui.rowIcon('plain-01', 'vm-outline').waitFor();
      assert.equal((await host.mustVirsh('domuuid', 'plain-01')).trim(), uuidOf(renamed));
      await ui.editorLine('<name>plain-01</name>').waitFor();
    });

    it('of a host that is gone says why after a reload, and appears by itself when it is back', async () => {
      const { ui, page } = started;
      await openDefinition('Zoë 🐧');
      const line = ui.editorLine(`<uuid>${uuidOf('Zoë 🐧')}</uuid>`);
      await line.waitFor();
      await ui.tab('Zoë 🐧.xml').dblclick();
      await host.killDaemon();
      await ui.reload();
      await ui.tab('Zoë 🐧.xml').click();
      await page.locator('.monaco-editor-pane-placeholder').waitFor();
      await ui.notification(`${hostName} is not connected`).waitFor();
      await host.startDaemon();
      await line.waitFor();
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
    await tooltip
      .filter({ hasText: guest.uuid })
      .filter({ hasText: /vda:.*qcow2/ })
      .filter({ hasText: 'Definition · Console · Screenshot' })
      .waitFor();
    // Figures come every 2 s
    await page.waitForTimeout(5_000);
    assert.ok(await tooltip.isVisible());
    await page.mouse.move(0, 0);
  });

  it('through a picture of its screen', async () => {
    const { ui, page } = started;
    await ui.openContextMenu('web-01');
    await ui.pickMenu('Take Screenshot');
    await ui.tab(/^web-01 \d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.png/).waitFor();
    const picture = page
      .frameLocator('iframe.webview.ready >> visible=true')
      .frameLocator('#active-frame')
      .locator('img');
    await picture.waitFor();
    const width = await picture.evaluate(
      (image) => (image as unknown as { naturalWidth: number }).naturalWidth,
    );
    assert.ok(width >= 640, `${width} pixels wide`);
  });
});
