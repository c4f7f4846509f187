import assert from 'node:assert/strict';
import { aHost, aSnapshot, aVm, bits } from './aSnapshot.ts';
import { themes } from '../tools/webview/servePage.ts';
import { openDashboard, type DashboardPage } from './dashboardPage.ts';
import { violations } from './violations.ts';

describe('the dashboard in a browser: filter, actions and what is said', () => {
  let dashboard: DashboardPage;
  const open = async (...args: Parameters<typeof openDashboard>): Promise<void> => {
    dashboard = await openDashboard(...args);
  };
  const rowOf = (name: string) =>
    dashboard.page.locator('.body .row:not([hidden])', {
      has: dashboard.page.locator('.name', { hasText: new RegExp(`^${name}$`) }),
    });
  const filter = () => dashboard.page.getByRole('combobox', { name: 'Filter' });
  const shown = () => dashboard.page.locator('.body .row:not([hidden]) .name').count();

  afterEach(async () => {
    assert.deepEqual(dashboard.problems, []);
    await dashboard.page.context().close();
  });

  it('filters by a query, and says at its place what is wrong in it', async () => {
    await open({ snapshot: aSnapshot(25) });
    await filter().fill('web-1 state:off');
    await dashboard.drawn();
    assert.equal(await shown(), 2);
    await filter().fill('web-10 staet:off');
    await dashboard.drawn();
    assert.equal(await shown(), 9, 'the rest applies');
    const problem = dashboard.page.getByRole('alert');
    assert.match((await problem.textContent()) ?? '', /There is no field "staet"/);
    assert.equal(await problem.locator('mark').textContent(), 'staet');
    assert.equal(await filter().getAttribute('aria-invalid'), 'true');
    await filter().fill('nobody');
    await dashboard.page.getByText('None of the 25 VMs matches the filter.').waitFor();
    await dashboard.page.locator('.notice').getByText('Clear Filter').click();
    await dashboard.drawn();
    assert.equal(await filter().inputValue(), '');
  });

  it('completes a query by keyboard', async () => {
    await open({ snapshot: aSnapshot(12, 2) });
    const { keyboard } = dashboard.page;
    await filter().pressSequentially('ho');
    await dashboard.page.getByRole('option', { name: /host:/ }).waitFor();
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    assert.equal(await filter().inputValue(), 'host:');
    await filter().pressSequentially('2');
    await keyboard.press('ArrowDown');
    await keyboard.press('Tab');
    assert.equal(await filter().inputValue(), 'host:lab-2 ');
    await keyboard.press('Escape');
    await dashboard.drawn();
    assert.equal(await shown(), 6);
    await keyboard.press('Enter');
    assert.ok(
      await dashboard.page.getByRole('grid').evaluate((grid) => grid === document.activeElement),
    );
  });

  it('has chips that put a state into the query, and hosts that put themselves', async () => {
    await open({ snapshot: aSnapshot(20, 2) });
    const chip = dashboard.page.getByRole('button', { name: /off/ });
    await chip.click();
    await dashboard.drawn();
    assert.equal(await filter().inputValue(), 'state:off');
    assert.equal(await chip.getAttribute('aria-pressed'), 'true');
    await chip.click();
    await dashboard.page.getByRole('button', { name: /lab-2/ }).click();
    assert.equal(await filter().inputValue(), 'host:"lab-2"');
    await dashboard.page.getByRole('button', { name: /lab-2/ }).click();
    assert.equal(await filter().inputValue(), '');
  });

  it('saves, recalls and forgets filters', async () => {
    await open({
      snapshot: aSnapshot(12),
      filters: [{ name: 'off ones', query: 'state:off' }],
    });
    const saved = dashboard.page.getByRole('button', { name: 'Saved Filters' });
    await saved.click();
    await dashboard.page.getByRole('menuitemradio', { name: /off ones/ }).click();
    assert.equal(await filter().inputValue(), 'state:off');
    await filter().fill('cpu>50');
    await saved.click();
    await dashboard.page.getByRole('menuitem', { name: /Save This Filter/ }).click();
    await dashboard.page.getByRole('textbox', { name: 'Name of the filter' }).fill('busy');
    await dashboard.page.keyboard.press('Enter');
    await filter().fill('state:off');
    await saved.click();
    await dashboard.page.getByRole('menuitem', { name: /Forget/ }).click();
    await dashboard.drawn();
    assert.deepEqual(dashboard.asked, [
      { name: 'saveFilter', params: { name: 'busy', query: 'cpu>50' } },
      { name: 'deleteFilter', params: { name: 'off ones' } },
    ]);
  });

  it('shows in an open menu what was saved meanwhile', async () => {
    await open({ snapshot: aSnapshot(12) });
    await dashboard.page.getByRole('button', { name: 'Saved Filters' }).click();
    await dashboard.page.getByRole('menuitem', { name: /Save This Filter/ }).waitFor();
    await dashboard.saved([{ name: 'off ones', query: 'state:off' }]);
    await dashboard.page.keyboard.press('Enter');
    assert.equal(await filter().inputValue(), 'state:off');
    await dashboard.saved([{ name: 'others', query: 'web' }]);
    assert.equal(await dashboard.page.getByRole('menu').count(), 0, 'opens by itself');
  });

  it('acts on all that are selected, from the bar and from the menu', async () => {
    await open({ snapshot: aSnapshot(12) });
    await rowOf('web-109').click();
    await rowOf('web-111').click({ modifiers: ['Shift'] });
    const bar = dashboard.page.getByRole('toolbar', { name: 'Selected VMs' });
    await bar.getByText('3 VMs selected').waitFor();
    await bar.getByText('Start', { exact: true }).click();
    await rowOf('web-111').click({ button: 'right' });
    const menu = dashboard.page.getByRole('menu', { name: 'Actions' });
    const items = await menu.getByRole('menuitem').allTextContents();
    assert.ok(items.includes('Shut Down') && items.includes('Delete Definition'), items.join());
    assert.ok(!items.includes('Rename'), 'for one VM only');
    await dashboard.page.keyboard.press('End');
    await dashboard.page.keyboard.press('Home');
    await dashboard.page.keyboard.type('p');
    await dashboard.page.keyboard.press('Enter');
    await menu.waitFor({ state: 'detached' });
    assert.deepEqual(dashboard.asked, [
      { name: 'act', params: { action: 'start', ids: [109, 110, 111] } },
      { name: 'act', params: { action: 'pause', ids: [109, 110, 111] } },
    ]);
  });

  it('enables nothing that cannot be done', async () => {
    const busy = aVm(101, { has: bits('start', 'copyName'), can: bits('copyName') });
    await open({ snapshot: { ...aSnapshot(1), vms: [busy] } });
    await rowOf('web-101').click();
    const start = dashboard.page.locator('.selection-bar [data-action="start"]');
    assert.equal(await start.evaluate((button: HTMLButtonElement) => button.disabled), true);
    await dashboard.page.getByRole('grid').focus();
    await dashboard.page.keyboard.press('Shift+F10');
    const item = dashboard.page.getByRole('menuitem', { name: 'Start' });
    assert.equal(await item.getAttribute('aria-disabled'), 'true');
    await item.press('Enter');
    await dashboard.page.keyboard.press('Escape');
    assert.deepEqual(dashboard.asked, []);
    assert.ok(
      await dashboard.page.getByRole('grid').evaluate((grid) => grid === document.activeElement),
      'the focus is back',
    );
  });

  it('sums up all hosts, leaving out what a gone host did last', async () => {
    const snapshot = aSnapshot(20, 2);
    await open({ snapshot });
    const figures = dashboard.page.locator('.figures');
    assert.match(
      (await figures.textContent()) ?? '',
      /2 hosts.*20 VMs.*CPU 34%.*memory 61% of 125 GiB.*promised 29%.*pools 72% of 1\.8 TiB.*network/,
    );
    await dashboard.patch({
      hosts: [aHost(2, { standing: 'lost', status: 'disconnected' })],
    });
    assert.match((await figures.textContent()) ?? '', /memory 61% of 62\.5 GiB/);
    const card = dashboard.page.locator('.host-card').first();
    await card.hover();
    assert.match((await card.getAttribute('title')) ?? '', /^lab-1\n[^]+\nread \d+ s ago$/);
  });

  it('says why there are no rows', async () => {
    await open({ snapshot: { ...aSnapshot(0), hosts: [], hostFigures: [] } });
    await dashboard.page.getByText('No host yet.').waitFor();
    await dashboard.page.locator('.notice').getByText('Add Host…').click();
    await dashboard.patch({
      hosts: [aHost(1, { status: 'connecting', standing: 'lost' })],
      hostOrder: [1],
    });
    await dashboard.page.getByText('Connecting to lab-1…').waitFor();
    const graphs = dashboard.page.getByRole('button', { name: 'Show Graphs' });
    assert.equal(await graphs.count(), 0, 'nothing was read of it yet');
    await dashboard.patch({ hostFigures: [[1, Date.now(), 100, 100, 200]] });
    assert.equal(await graphs.count(), 1);
    await dashboard.patch({ hosts: [aHost(1)] });
    await dashboard.page.getByText('There is no VM on these hosts.').waitFor();
    assert.deepEqual(dashboard.asked, [{ name: 'addHost', params: undefined }]);
  });

  it('speaks the language of the editor', async () => {
    await open({ snapshot: aSnapshot(2), strings: { Name: 'Navn', '{0} VMs': '{0} VM-er' } });
    assert.equal(await dashboard.page.locator('.header .title').first().textContent(), 'Navn');
    assert.match((await dashboard.page.locator('.figures').textContent()) ?? '', /2 VM-er/);
  });

  for (const theme of Object.keys(themes)) {
    it(`has nothing that axe finds wrong, theme ${theme}`, async () => {
      const snapshot = aSnapshot(30, 3);
      await open({
        theme,
        snapshot: {
          ...snapshot,
          hosts: [
            ...snapshot.hosts.slice(0, 2),
            aHost(3, { standing: 'lost', hasHelp: true, canConnect: true }),
          ],
        },
      });
      await rowOf('web-103').click();
      assert.deepEqual(await violations(dashboard), [], 'with a VM selected');
      await filter().fill('web staet:x host:');
      await filter().press('End');
      await filter().pressSequentially('l');
      assert.deepEqual(await violations(dashboard), [], 'with completions and a mistake');
      await filter().press('Escape');
      await rowOf('web-103').click({ button: 'right' });
      assert.deepEqual(await violations(dashboard), [], 'with the menu');
      await dashboard.page.keyboard.press('Escape');
      await dashboard.page.getByRole('button', { name: 'Columns' }).click();
      assert.deepEqual(await violations(dashboard), [], 'with the columns');
    });
  }
});
