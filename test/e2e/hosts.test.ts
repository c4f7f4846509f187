import assert from 'node:assert/strict';
import * as fs from 'node:fs';

import type { Guest } from '../tools/rig/guest.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

const nobodyListens = 'qemu:///system?socket=/nobody/listens';

/** What of an element of the page is used in it. */
interface RowElement {
  getAttribute(name: string): string | null;
  querySelector(selector: string): { readonly textContent: string } | null;
}

/** What the settings say of a host. */
interface Entry {
  readonly uri: string;
  readonly readOnly?: boolean;
  readonly order?: number;
}

describe('hosts, as a person outside the group keeps them', () => {
  let open: RigHost;
  let closed: RigHost;
  let guest: Guest;
  let started: StartedWorkbench;

  before(async () => {
    [open, closed] = await Promise.all([
      startRigHost({ name: 'lab-1', daemonConfig: { unix_sock_rw_perms: '0777' } }),
      startRigHost({ name: 'lab-2' }),
    ]);
    guest = await open.defineGuest({ name: 'web-01' });
    await open.defineGuest({ name: 'old-db' });
    await closed.defineGuest({ name: 'hidden-01' });
    started = await startWorkbench({ asStranger: true });
  });

  after(async () => {
    await (started as StartedWorkbench | undefined)?.stop();
    await Promise.all([open.stop(), closed.stop()]);
  });

  /** Goes through the form's first three steps. */
  async function describeHost(uri: string, name: string): Promise<void> {
    const { ui } = started;
    await ui.clickQuickItem('Enter a URI…');
    await ui.quickTitle('Add Host (2/4)').waitFor();
    await ui.answerQuickInput(uri);
    await ui.quickTitle('Add Host (3/4)').waitFor();
    await ui.answerQuickInput(name);
    await ui.quickTitle('Add Host (4/4)').waitFor();
  }

  function entries(): Readonly<Record<string, Entry>> {
    return started.userSettings()['vmDeck.hosts'] as Record<string, Entry>;
  }

  /** The hosts' names from top to bottom, once they stand so. */
  async function waitForOrder(...names: readonly string[]): Promise<void> {
    const { ui, page } = started;
    const hosts = ui.rows().and(page.locator('[aria-level="1"]'));
    // In the DOM they stand in any order
    const labels = async (): Promise<readonly string[]> => {
      const found = await hosts.evaluateAll((rows) =>
        (rows as unknown as readonly RowElement[]).map((row) => ({
          at: Number(row.getAttribute('data-index')),
          label: row.querySelector('.label-name')?.textContent ?? '',
        })),
      );
      return found.sort((a, b) => a.at - b.at).map(({ label }) => label);
    };
    for (let tries = 0; tries < 300; tries++) {
      if ((await labels()).join() === names.join()) {
        return;
      }
      await page.waitForTimeout(100);
    }
    assert.deepEqual(await labels(), names);
  }

  describe('adding one from the empty view', () => {
    it('complains about a URI that cannot be, while it is typed; Escape leaves without a trace', async () => {
      const { ui, page } = started;
      await ui.welcome().getByRole('button', { name: 'Add Host' }).click();
      // The user's own daemon does not run, and is offered since it could
      const own = ui.quickItems().filter({ hasText: 'your own VMs only' });
      await own.filter({ hasText: 'is started when you connect' }).waitFor();
      await ui.clickQuickItem('Enter a URI…');
      await ui.quickTitle('Add Host (2/4)').waitFor();
      await ui.quickInput().fill('qemu:/oops');
      await ui.quickInputMessage().filter({ hasText: 'is not a libvirt URI' }).waitFor();
      await page.keyboard.press('Escape');
      await ui.quickInput().waitFor({ state: 'hidden' });
      assert.equal(entries(), undefined);
    });

    it('tries the connection a step at a time', async () => {
      const { ui } = started;
      await ui.runCommand('VM Deck: Add Host…');
      await describeHost(open.uri, 'lab-1');
      for (const step of ['Reach the socket', 'Be let in by libvirt', 'Read the VMs']) {
        const passed = ui.quickItems().filter({ hasText: step });
        await passed.locator('.codicon-pass').waitFor();
      }
    });

    it('shows it with its VMs, and keeps it in the settings', async () => {
      const { ui, page } = started;
      await page.keyboard.press('Enter');
      await ui.rowDescription('lab-1').filter({ hasText: '0 of 2 running' }).waitFor();
      await ui.rowIcon('web-01', 'vm-outline').waitFor();
      assert.equal(entries()['lab-1']?.uri, open.uri);
    });
  });

  describe('one whose socket is not for this user', () => {
    it('cannot have a name that is taken', async () => {
      const { ui } = started;
      await ui.clickTitleAction('Add Host');
      await ui.clickQuickItem('Enter a URI…');
      await ui.quickTitle('Add Host (2/4)').waitFor();
      await ui.answerQuickInput(closed.uri);
      await ui.quickTitle('Add Host (3/4)').waitFor();
      await ui.quickInput().fill('lab-1');
      await ui.quickInputMessage().filter({ hasText: 'already a host called "lab-1"' }).waitFor();
      await ui.answerQuickInput('lab-2');
    });

    it('fails at the socket, and finds that looking is allowed', async () => {
      const { ui } = started;
      const failed = ui.quickItems().filter({ hasText: 'Reach the socket' });
      await failed.locator('.codicon-error').waitFor();
      const look = ui.quickItems().filter({ hasText: 'Look only' });
      await look.locator('.codicon-pass').waitFor();
    });

    it('shows the whole of what a row cuts off, and then goes on', async () => {
      const { ui } = started;
      await ui.clickQuickItem('Reach the socket');
      const whole = ui.dialog('"Reach the socket" failed.');
      await whole.filter({ hasText: closed.socketPath }).waitFor();
      await whole.filter({ hasText: 'then log out and in again' }).waitFor();
      await ui.screenshot('hosts-whole-error');
      await ui.clickDialog('"Reach the socket" failed.', 'Close');
      await ui.quickTitle('Add Host (4/4)').waitFor();
    });

    it('goes a step back, where what was entered still stands', async () => {
      const { ui, page } = started;
      await page.locator('.quick-input-widget [aria-label^="Back"]').click();
      await ui.quickTitle('Add Host (3/4)').waitFor();
      assert.equal(await ui.quickInput().inputValue(), 'lab-2');
      await page.keyboard.press('Enter');
      await ui.clickQuickItem('Add Anyway');
      await ui.rowIcon('lab-2', 'error').waitFor();
    });

    it('says which group to join, and how', async () => {
      const { ui } = started;
      await ui.clickInline('lab-2', 'What Can I Do?');
      const dialog = ui.dialog('"lab-2" is not connected.');
      await dialog.filter({ hasText: 'sudo usermod -aG libvirt' }).waitFor();
      await dialog.filter({ hasText: closed.socketPath }).waitFor();
    });

    it('can be looked at from there', async () => {
      const { ui } = started;
      await ui.clickDialog('"lab-2" is not connected.', 'Connect Read-Only');
      await ui.rowDescription('lab-2').filter({ hasText: 'read-only' }).waitFor();
      await ui.openContextMenu('hidden-01');
      assert.ok(!(await ui.menuItems()).includes('Start'));
      await started.page.keyboard.press('Escape');
    });

    it('is for acting again, and refused again, when that is wanted', async () => {
      const { ui } = started;
      await ui.openContextMenu('lab-2');
      await ui.pickMenu('Allow Changes');
      await ui.rowIcon('lab-2', 'error').waitFor();
      assert.equal(entries()['lab-2']?.readOnly, false);
    });
  });

  describe('that are not well', () => {
    it('are there once the settings name them', async () => {
      const { ui, page } = started;
      started.changeSettings({
        'vmDeck.hosts': {
          'lab-1': { uri: open.uri, order: 1 },
          'lab-2': { uri: closed.uri, order: 2 },
          broken: { uri: 'nonsense', order: 8 },
          absent: { uri: nobodyListens, order: 9 },
        },
      });
      await page.reload();
      await ui.row('absent').waitFor();
    });

    it('are told in the status bar, with what can be done', async () => {
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

    it('what stands below one can be clicked, whatever is selected', async () => {
      const { ui, page } = started;
      await ui.row('lab-1').click();
      // Of lab-2 or of absent
      const note = ui.row('What can I do?').first();
      assert.equal(await note.locator('.disabled, .disabled-command').count(), 0);
      await note.click();
      await ui.dialog('is not connected').waitFor();
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
  });

  describe('edited and removed', () => {
    it('starts from what the entry says, and mends one that nobody listens at', async () => {
      const { ui } = started;
      await ui.openContextMenu('absent');
      await ui.pickMenu('Edit Host…');
      await ui.quickTitle('Edit Host "absent" (1/3)').waitFor();
      assert.equal(await ui.quickInput().inputValue(), nobodyListens);
      await ui.answerQuickInput(closed.uri);
      await ui.quickTitle('Edit Host "absent" (2/3)').waitFor();
      assert.equal(await ui.quickInput().inputValue(), 'absent');
      await ui.answerQuickInput('lab-2 (look)');
      await ui.clickQuickItem('Save Read-Only');
      await ui
        .rowDescription('lab-2 (look)')
        .filter({ hasText: 'read-only · 0 of 1 running' })
        .waitFor();
      await ui.row('absent').waitFor({ state: 'detached' });
      assert.deepEqual(entries()['lab-2 (look)'], { uri: closed.uri, order: 9, readOnly: true });
    });

    it('is given another name, and stays connected and where it stood', async () => {
      const { ui } = started;
      await waitForOrder('lab-1', 'lab-2', 'broken', 'lab-2 (look)');
      const before = entries()['lab-1'];
      await ui.openContextMenu('lab-1');
      await ui.pickMenu('Edit Host…');
      await ui.quickTitle('Edit Host "lab-1" (1/3)').waitFor();
      await ui.answerQuickInput(open.uri);
      await ui.quickTitle('Edit Host "lab-1" (2/3)').waitFor();
      await ui.answerQuickInput('lab-one');
      await ui.pickQuickItem('Save');
      // A row that is not drawn yet cannot be shown, which is waited for
      assert.equal(await ui.notification('That did not work').count(), 0);
      await ui.rowDescription('lab-one').filter({ hasText: '0 of 2 running' }).waitFor();
      await waitForOrder('lab-one', 'lab-2', 'broken', 'lab-2 (look)');
      assert.deepEqual(entries()['lab-one'], before);
      assert.equal(entries()['lab-1'], undefined);
    });

    it('is moved down and up again, from the menu and by the keyboard', async () => {
      const { ui, page } = started;
      await ui.openContextMenu('lab-one');
      await ui.pickMenu('Move Down');
      await waitForOrder('lab-2', 'lab-one', 'broken', 'lab-2 (look)');
      await ui.openContextMenu('lab-one');
      await ui.pickMenu('Move Up');
      await waitForOrder('lab-one', 'lab-2', 'broken', 'lab-2 (look)');
      await ui.row('lab-one').click();
      await page.keyboard.press('Alt+ArrowDown');
      await waitForOrder('lab-2', 'lab-one', 'broken', 'lab-2 (look)');
      await page.keyboard.press('Alt+ArrowDown');
      await waitForOrder('lab-2', 'broken', 'lab-one', 'lab-2 (look)');
    });

    it('stays as it is, and says why, when the settings cannot be written', async () => {
      const { ui } = started;
      fs.chmodSync(started.settingsFile, 0o444);
      try {
        await ui.openContextMenu('lab-one');
        await ui.pickMenu('Move Up');
        await ui.notification('The settings could not be saved').waitFor();
        await ui.screenshot('hosts-not-saved');
        await waitForOrder('lab-2', 'broken', 'lab-one', 'lab-2 (look)');
      } finally {
        fs.chmodSync(started.settingsFile, 0o644);
      }
      // The editor keeps the change, refuses others meanwhile, and saves it by itself when it can
      await waitForOrder('lab-2', 'lab-one', 'broken', 'lab-2 (look)');
      await ui.runCommand('Notifications: Clear All Notifications');
    });

    it('is removed after a question, and brought back', async () => {
      const { ui } = started;
      await ui.openContextMenu('lab-one');
      await ui.pickMenu('Remove Host…');
      await ui.clickDialog('Remove the host "lab-one"', 'Remove');
      await ui.row('lab-one').waitFor({ state: 'detached' });
      await ui.clickNotification('was removed', 'Undo');
      await ui.rowDescription('lab-one').filter({ hasText: '0 of 2 running' }).waitFor();
    });
  });

  describe('whose daemon is killed', () => {
    before(async () => {
      await guest.start();
      await started.ui.rowIcon('web-01', 'vm-running').waitFor();
      await open.killDaemon();
    });

    it('leaves its VMs in the view, as they were and no longer certain', async () => {
      const { ui } = started;
      await ui.rowDescription('lab-one').filter({ hasText: 'disconnected' }).waitFor();
      await ui.rowIcon('web-01', 'question').waitFor();
      await ui.rowDescription('web-01').filter({ hasText: 'was running' }).waitFor();
    });

    it('is live again by itself when it is back', async () => {
      const { ui } = started;
      await open.startDaemon();
      await ui.rowIcon('web-01', 'vm-running').waitFor();
      await ui.rowDescription('lab-one').filter({ hasText: '1 of 2 running' }).waitFor();
      await guest.destroy();
      await ui.rowIcon('web-01', 'vm-outline').waitFor();
    });
  });
});
