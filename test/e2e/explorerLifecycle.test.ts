import assert from 'node:assert/strict';
import * as fs from 'node:fs';

import { connectGetAllDomainStats } from '../../src/libvirt/protocol/connect.ts';
import { type CallCounter, countCalls } from '../tools/rig/callCounter.ts';
import type { Guest } from '../tools/rig/guest.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

/** The least that a guest may be given; its test takes as long. */
const shutdownSeconds = 5;

const names = ['app-01', 'app-02', 'db-01', 'deaf-01'] as const;
type Name = (typeof names)[number];

describe("a VM's life in the explorer", () => {
  let host: RigHost;
  let calls: CallCounter;
  let started: StartedWorkbench;
  const guests = new Map<string, Guest>();

  before(async () => {
    // Slow enough to be cancelled
    const emulatorConfig = { save_image_format: 'xz' };
    host = await startRigHost({ name: 'lab-1', emulatorConfig });
    calls = await countCalls(host.socketPath);
    for (const name of names) {
      // An agent would shut it down by itself
      const deafness = name === 'deaf-01' ? ({ powerButton: 'ignore', agent: false } as const) : {};
      guests.set(name, await host.defineGuest({ name, memoryMiB: 96, ...deafness }));
    }
    started = await startWorkbench({
      hosts: { 'lab-1': { uri: `qemu:///system?socket=${calls.socketPath}`, order: 1 } },
      settings: { 'vmDeck.shutdown.timeoutSeconds': shutdownSeconds },
    });
    await started.ui.whenMenuOffers('app-01', 'Start');
  });

  after(async () => {
    await (started as StartedWorkbench | undefined)?.stop();
    calls.close();
    await host.stop();
  });

  function guest(name: Name): Guest {
    const found = guests.get(name);
    assert.ok(found);
    return found;
  }

  async function assertRuns(name: Name): Promise<void> {
    const { ui } = started;
    await ui.rowIcon(name, 'vm-running').waitFor();
    await ui.rowDescription(name).filter({ hasText: '1 vCPU' }).waitFor();
    assert.equal(await guest(name).state(), 'running');
  }

  describe('starts', () => {
    it('from the context menu', async () => {
      await started.ui.openContextMenu('app-01');
      await started.ui.pickMenu('Start');
      await assertRuns('app-01');
    });

    it('by the icon in its row', async () => {
      await started.ui.clickInline('deaf-01', 'Start');
      await assertRuns('deaf-01');
    });

    it('from the palette, for the selected row', async () => {
      await started.ui.selectRows('app-02');
      await started.ui.runCommand('VM Deck: Start');
      await assertRuns('app-02');
    });

    it('by the keyboard alone: the row with the focus, whichever is selected', async () => {
      const { ui, page } = started;
      const press = (key: string): Promise<void> => page.keyboard.press(key);
      // The pointer is out of the way, and the focus elsewhere
      await page.mouse.move(0, 0);
      await ui.openPalette('VM Deck: Show Hosts');
      const chosen = ui.quickItems().and(page.locator('.focused'));
      await chosen.filter({ hasText: 'VM Deck: Show Hosts' }).waitFor();
      await press('Enter');
      await page.locator('.sidebar .monaco-list:focus').waitFor();
      await ui.focusRow('db-01');
      await press('Control+Enter');
      await assertRuns('db-01');
    });
  });

  describe('changed by somebody else', () => {
    const xmlFile = (): string => `${host.folder}/other.xml`;

    it('is shown paused, running, and off', async () => {
      const { ui } = started;
      if ((await guest('db-01').state()) !== 'running') {
        await guest('db-01').start();
      }
      await host.mustVirsh('suspend', 'db-01');
      await ui.rowIcon('db-01', 'debug-pause').waitFor();
      await ui.rowDescription('db-01').filter({ hasText: 'paused since' }).waitFor();
      await host.mustVirsh('resume', 'db-01');
      await ui.rowIcon('db-01', 'vm-running').waitFor();
      await host.mustVirsh('destroy', 'db-01');
      await ui.rowIcon('db-01', 'vm-outline').waitFor();
      await ui.rowDescription('db-01').filter({ hasText: 'off since' }).waitFor();
      await ui.rowDescription('lab-1').filter({ hasText: '3 of 4 running' }).waitFor();
    });

    it('comes when it is defined, goes when its definition is deleted, and the selection stays', async () => {
      const { ui, page } = started;
      await ui.selectRows('app-02');
      const xml = await host.mustVirsh('dumpxml', '--inactive', 'db-01');
      fs.writeFileSync(
        xmlFile(),
        xml.replace(/<uuid>.*<\/uuid>/, '').replace('<name>db-01<', '<name>app-00<'),
      );
      await host.mustVirsh('define', xmlFile());
      await ui.rowIcon('app-00', 'vm-outline').waitFor();
      const labels = await ui.rows().locator('.label-name').allTextContents();
      assert.deepEqual(labels, ['lab-1', 'app-00', ...names]);
      await host.mustVirsh('undefine', 'app-00');
      await ui.row('app-00').waitFor({ state: 'detached' });
      await ui.row('app-02').and(page.locator('.selected')).waitFor();
    });
  });

  describe('several shut down at once, of which one is deaf', () => {
    before(async () => {
      await Promise.all([guest('app-01').waitReady(), guest('deaf-01').waitReady()]);
    });

    it('says of the deaf one that it is waited for, and then that it did not', async () => {
      const { ui } = started;
      await ui.selectRows('app-01', 'deaf-01');
      await ui.openContextMenu('deaf-01');
      await ui.pickMenu('Shut Down');
      await ui.rowDescription('deaf-01').filter({ hasText: 'shutting down…' }).waitFor();
      await ui.rowIcon('app-01', 'vm-outline').waitFor();
      await ui
        .rowDescription('deaf-01')
        .filter({ hasText: `did not shut down in ${shutdownSeconds} s` })
        .waitFor();
      assert.equal(await guest('app-01').state(), 'shut off');
      assert.equal(await guest('deaf-01').state(), 'running');
    });

    it('offers to force it off, and asks before it does', async () => {
      const { ui } = started;
      await ui.clickNotification('deaf-01 did not shut down', 'Force Off…');
      const question = ui.dialog('Force off deaf-01 as if by pulling its plug?');
      await question.filter({ hasText: 'This cannot be undone.' }).waitFor();
      assert.equal(await guest('deaf-01').state(), 'running');
      await ui.clickDialog('Force off deaf-01', 'Force Off');
      await ui.rowIcon('deaf-01', 'vm-outline').waitFor();
      await ui.rowDescription('deaf-01').filter({ hasText: 'off since' }).waitFor();
      assert.equal(await guest('deaf-01').state(), 'shut off');
    });
  });

  describe('saved', () => {
    it('runs on when that is cancelled half way', async () => {
      const { ui } = started;
      await ui.openContextMenu('app-02');
      await ui.pickMenu('Save');
      await ui.rowDescription('app-02').filter({ hasText: 'saving…' }).waitFor();
      await ui.clickInline('app-02', 'Cancel Operation');
      await ui
        .rowDescription('app-02')
        .filter({ hasText: /^cancelled/ })
        .waitFor();
      await assertRuns('app-02');
      assert.doesNotMatch(await host.mustVirsh('dominfo', 'app-02'), /Managed save: +yes/);
    });
  });

  describe('whose definition is deleted, with those of others', () => {
    it('is named in the question, and each is gone', async () => {
      const { ui } = started;
      await ui.selectRows('app-01', 'deaf-01');
      await ui.openContextMenu('deaf-01');
      await ui.pickMenu('Delete Definition…');
      const question = ui.dialog('Delete the definitions of 2 VMs?');
      await question.filter({ hasText: 'app-01' }).filter({ hasText: 'deaf-01' }).waitFor();
      await ui.clickDialog('Delete the definitions', 'Delete Definitions');
      await ui.row('app-01').waitFor({ state: 'detached' });
      await ui.row('deaf-01').waitFor({ state: 'detached' });
      await ui.notification(/The definitions of 2 VMs were deleted: .*app-01/).waitFor();
      assert.doesNotMatch(await host.mustVirsh('list', '--all', '--name'), /app-01|deaf-01/);
    });

    it('can be restored when the notification is gone', async () => {
      const { ui, page } = started;
      await ui.runCommand('Notifications: Clear All Notifications');
      await ui.runCommand('VM Deck: Restore Deleted Definition…');
      await ui.quickTitle('Restore Deleted Definitions').waitFor();
      await ui.clickQuickItem('deaf-01');
      await ui.screenshot('restore-deleted');
      await page.keyboard.press('Enter');
      await ui.rowIcon('deaf-01', 'vm-outline').waitFor();
      assert.equal(await guest('deaf-01').state(), 'shut off');
      assert.equal(await ui.row('app-01').count(), 0);
    });
  });

  describe('in a window that is not the one that is worked in', () => {
    const statisticsIn = async (ms: number): Promise<number> => {
      const before = calls.count(connectGetAllDomainStats.number);
      await started.page.waitForTimeout(ms);
      return calls.count(connectGetAllDomainStats.number) - before;
    };

    it('is looked at every 30 s, and closely again when it comes back', async () => {
      const { page } = started;
      const protocol = await page.context().newCDPSession(page);
      // Playwright lets each page believe that it has the focus
      await protocol.send('Emulation.setFocusEmulationEnabled', { enabled: false });
      const other = await page.context().newPage();
      await other.bringToFront();
      await page.waitForFunction('!document.hasFocus()');
      await page.waitForTimeout(4_000);
      // In as long five are due in the window with the focus, and one at most here
      assert.ok((await statisticsIn(10_000)) <= 1);
      await other.close();
      await page.bringToFront();
      await protocol.send('Emulation.setFocusEmulationEnabled', { enabled: true });
      await page.waitForFunction('document.hasFocus()');
      await page.waitForTimeout(2_000);
      assert.ok((await statisticsIn(10_000)) >= 3);
    });
  });

  describe('what cannot be done', () => {
    it('is told in the row when libvirt refuses', async () => {
      const { ui } = started;
      fs.rmSync(guest('db-01').diskPath);
      await ui.clickInline('db-01', 'Start');
      await ui.rowDescription('db-01').filter({ hasText: 'not started: ' }).waitFor();
      await ui.rowDescription('db-01').filter({ hasText: 'Cannot access storage file' }).waitFor();
      await ui.openContextMenu('db-01');
      await ui.pickMenu('Dismiss Result');
      await ui.rowDescription('db-01').filter({ hasText: /^off/ }).waitFor();
    });

    it('is told in a sentence when the VM has gone while its menu was open', async () => {
      const { ui } = started;
      // Not what the menu is about, and so not to be touched
      await ui.selectRows('deaf-01');
      await ui.openContextMenu('db-01');
      await host.mustVirsh('undefine', 'db-01');
      await ui.row('db-01').waitFor({ state: 'detached' });
      await ui.pickMenu('Start');
      await ui.notification('Nothing was done: what this was meant for has gone').waitFor();
      assert.doesNotMatch(started.logs(), /TypeError|Cannot read properties/);
      assert.equal(await guest('deaf-01').state(), 'shut off');
    });
  });
});
