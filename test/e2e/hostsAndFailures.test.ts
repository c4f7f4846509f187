import assert from 'node:assert/strict';

import type { Guest } from '../tools/rig/guest.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

describe('hosts in the workbench of a user outside the group', () => {
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

  describe('adding one from the empty view', () => {
    it('complains about a URI that cannot be, while it is typed', async () => {
      const { ui, page } = started;
      await ui.welcome().getByRole('button', { name: 'Add Host' }).click();
      await ui.clickQuickItem('Enter a URI…');
      await ui.quickTitle('Add Host (2/4)').waitFor();
      await ui.quickInput().fill('nonsense');
      await ui.quickInputMessage().filter({ hasText: 'nonsense' }).waitFor();
      await page.keyboard.press('Escape');
      await ui.quickInput().waitFor({ state: 'hidden' });
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
      const hosts = started.userSettings()['vmDeck.hosts'] as Record<string, { uri: string }>;
      assert.equal(hosts['lab-1']?.uri, open.uri);
    });
  });

  describe('one whose socket is not for this user', () => {
    it('fails at the socket, and finds that looking is allowed', async () => {
      const { ui } = started;
      await ui.runCommand('VM Deck: Add Host…');
      await describeHost(closed.uri, 'lab-2');
      const failed = ui.quickItems().filter({ hasText: 'Reach the socket' });
      await failed.locator('.codicon-error').waitFor();
      const look = ui.quickItems().filter({ hasText: 'Look only' });
      await look.locator('.codicon-pass').waitFor();
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
  });

  describe('a daemon that is killed', () => {
    before(async () => {
      await guest.start();
      await started.ui.rowIcon('web-01', 'vm-running').waitFor();
      await open.killDaemon();
    });

    it('leaves its VMs in the view, as they were and no longer certain', async () => {
      const { ui } = started;
      await ui.rowDescription('lab-1').filter({ hasText: 'disconnected' }).waitFor();
      await ui.rowIcon('web-01', 'question').waitFor();
      await ui.rowDescription('web-01').filter({ hasText: 'was running' }).waitFor();
    });

    it('is live again by itself when it is back', async () => {
      const { ui } = started;
      await open.startDaemon();
      await ui.rowIcon('web-01', 'vm-running').waitFor();
      await ui.rowDescription('lab-1').filter({ hasText: '1 of 2 running' }).waitFor();
      await guest.destroy();
      await ui.rowIcon('web-01', 'vm-outline').waitFor();
    });
  });
});
