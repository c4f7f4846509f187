import assert from 'node:assert/strict';

import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

const demoName = 'Demo host (simulated)';

describe('the simulated host', () => {
  describe('tried by somebody without a hypervisor', () => {
    let started: StartedWorkbench;

    before(async () => {
      started = await startWorkbench();
    });

    after(async () => {
      await (started as StartedWorkbench | undefined)?.stop();
    });

    it('is one click away in the empty view', async () => {
      const { ui } = started;
      await ui.welcome().getByText('Try the Demo').click();
      await ui.row(demoName).waitFor();
      await ui.rowIcon('web-01', 'vm-running').waitFor();
      const hosts = started.userSettings()['vmDeck.hosts'] as Readonly<Record<string, unknown>>;
      assert.deepEqual(Object.keys(hosts), [demoName]);
    });

    it('has VMs with figures', async () => {
      await started.ui
        .rowDescription('web-01')
        .filter({ hasText: /vCPU \d+% · [\d.]+\/\d+ GiB · 192\.168\.122\.\d+/ })
        .waitFor();
    });

    it('has a serial console that answers', async () => {
      const { ui, page } = started;
      await ui.clickInline('web-01', 'Open Serial Console');
      await ui
        .terminal()
        .filter({ hasText: /Serial\s+console\s+of\s+web-01/ })
        .waitFor();
      await page.keyboard.type('echo it answers');
      await page.keyboard.press('Enter');
      await ui
        .terminal()
        .filter({ hasText: /(it\s+answers[^]*){2}/ })
        .waitFor();
      await page.keyboard.press('Control+]');
      await ui.terminal().waitFor({ state: 'detached' });
    });

    it('has VMs that are found by a query in the palette, also where a filter hides them', async () => {
      const { ui, page } = started;
      await ui.runCommand('VM Deck: Filter VMs…');
      await ui.answerQuickInput('name:db*');
      await ui.row('web-01').waitFor({ state: 'detached' });
      await ui.runCommand('VM Deck: Find VM…');
      await ui.quickInput().fill('state:runing');
      await ui.quickItems().filter({ hasText: 'runing' }).waitFor();
      await ui.quickInput().fill('state:running name:web-01');
      await ui.quickItems().filter({ hasText: 'web-01' }).waitFor();
      assert.equal(await ui.quickItems().count(), 1);
      await ui.screenshot('find-vm');
      await page.keyboard.press('Enter');
      await ui.row('web-01').and(page.locator('.selected')).waitFor();
    });

    it('has a screen', async () => {
      const { ui } = started;
      await ui.openContextMenu('web-01');
      await ui.pickMenu('Take Screenshot');
      await ui.tab(/web-01.*\.png/).waitFor();
    });

    it('has VMs that shut down and start', async () => {
      const { ui } = started;
      await ui.clickInline('web-01', 'Shut Down');
      await ui.rowIcon('web-01', 'vm-outline').waitFor();
      await ui.clickInline('web-01', 'Start');
      await ui.rowIcon('web-01', 'vm-running').waitFor();
    });
  });

  describe('told by its URI what is to go wrong', () => {
    let started: StartedWorkbench;

    before(async () => {
      const wrong = 'stuck=web-01&refuse=domainCreate&crash=web-02@8';
      started = await startWorkbench({
        hosts: {
          demo: { uri: `demo:///default?${wrong}`, order: 1 },
          mistaken: { uri: 'demo:///default?stuck=nobody', order: 2 },
        },
      });
    });

    after(async () => {
      await (started as StartedWorkbench | undefined)?.stop();
    });

    it('shows a VM that hangs as not answering', async () => {
      const { ui } = started;
      await ui.rowIcon('web-01', 'warning').waitFor();
      await ui
        .rowDescription('web-01')
        .filter({ hasText: /not answering since/ })
        .waitFor();
      await ui.statusItem(/\d+\/24/).waitFor();
    });

    it('shows one that crashed', async () => {
      await started.ui.rowIcon('web-02', 'error').waitFor();
    });

    it('tells of a refused action in the row', async () => {
      const { ui } = started;
      await ui.clickInline('web-02', 'Start');
      await ui
        .notification(/refused on demand/)
        .or(ui.rowDescription('web-02').filter({ hasText: /failed|refused/ }))
        .first()
        .waitFor();
    });

    it('says of what there is not that there is not', async () => {
      await started.ui
        .row('mistaken')
        .filter({ hasText: /no VM "nobody"|unsupported|not supported/ })
        .waitFor();
    });
  });
});
