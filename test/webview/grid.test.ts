import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { readViewState } from '../../webview/dashboard/viewState.ts';
import { aHost, aSnapshot, aVm, bits, figuresOf } from './aSnapshot.ts';
import { openDashboard, type DashboardPage } from './dashboardPage.ts';

const grid = ({ page }: DashboardPage): Locator => page.getByRole('grid');
const rows = ({ page }: DashboardPage): Locator => page.locator('.body .row:not([hidden])');

/** Names of the rows that are drawn, as they stand. */
async function names(dashboard: DashboardPage): Promise<readonly string[]> {
  const found = await rows(dashboard).evaluateAll((elements) =>
    elements
      .map((row) => ({
        index: Number(row.getAttribute('aria-rowindex')),
        text: row.classList.contains('is-group')
          ? (row.querySelector('.group-cell')?.textContent ?? '')
          : (row.querySelector('.name')?.textContent ?? ''),
      }))
      .sort((a, b) => a.index - b.index)
      .map(({ text }) => text),
  );
  return found;
}

async function selected(dashboard: DashboardPage): Promise<readonly string[]> {
  await dashboard.drawn();
  return dashboard.page
    .locator('.body .row[aria-selected="true"]:not([hidden]) .name')
    .allTextContents()
    .then((found) => found.sort());
}

const row = ({ page }: DashboardPage, name: string): Locator =>
  page.locator('.body .row:not([hidden])', {
    has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }),
  });

const cell = (dashboard: DashboardPage, name: string, column: number): Locator =>
  row(dashboard, name).locator(`.cell[aria-colindex="${column}"]`);

async function query(dashboard: DashboardPage, text: string): Promise<void> {
  await dashboard.page.getByRole('combobox', { name: 'Filter' }).fill(text);
  await dashboard.drawn();
}

describe('the dashboard in a browser: its table', () => {
  let dashboard: DashboardPage;
  const open = async (...args: Parameters<typeof openDashboard>): Promise<void> => {
    dashboard = await openDashboard(...args);
  };

  afterEach(async () => {
    assert.deepEqual(dashboard.problems, []);
    await dashboard.page.context().close();
  });

  it('shows every VM with its figures, and says how many there are', async () => {
    await open({ snapshot: aSnapshot(12, 2) });
    assert.equal(await grid(dashboard).getAttribute('aria-rowcount'), '13');
    assert.equal((await names(dashboard)).length, 12);
    assert.equal(await cell(dashboard, 'web-101', 4).textContent(), '37%');
    assert.equal(await cell(dashboard, 'web-101', 3).textContent(), 'lab-2');
    assert.equal(await cell(dashboard, 'web-101', 6).textContent(), '101 kB/s');
    assert.equal(
      await cell(dashboard, 'web-110', 4).textContent(),
      '–',
      'off: no figure, not zero',
    );
    assert.match(
      (await row(dashboard, 'web-110').getAttribute('aria-label')) ?? '',
      /web-110, off/,
    );
    assert.match(
      (await row(dashboard, 'web-101').getAttribute('aria-label')) ?? '',
      /web-101, running, CPU 37%, memory \d+%, lab-2/,
    );
  });

  it('shows what rows that fly by are called, and the rest once they stand', async () => {
    await open({ snapshot: aSnapshot(10_000, 10) });
    const { page } = dashboard;
    const flying = await page.getByRole('grid').evaluate(async (root) => {
      let looks: (string | undefined)[] = [];
      for (let step = 1; step <= 20; step++) {
        root.scrollTop = step * 5_000;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const row = [...root.querySelectorAll<HTMLElement>('.body .row:not([hidden])')][5];
        const [name, , host] = row?.querySelectorAll<HTMLElement>('.cell') ?? [];
        looks = [name, host].map((cell) => cell && getComputedStyle(cell).visibility);
        looks.push(name?.textContent, row?.ariaLabel?.split(',')[0]);
      }
      return looks;
    });
    assert.deepEqual(flying.slice(0, 2), ['visible', 'hidden']);
    assert.match(flying[2] ?? '', /^web-\d+$/);
    assert.equal(flying[2], flying[3]);
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll<HTMLElement>('.body .row:not([hidden])')];
      const cells = rows.flatMap((row) => [...row.querySelectorAll('.cell')]);
      return (
        cells.every((cell) => getComputedStyle(cell).visibility === 'visible') &&
        rows
          .filter((row) => row.ariaLabel?.includes('CPU'))
          .every((row) => row.querySelector('.cpu path')?.getAttribute('d')?.startsWith('M'))
      );
    });
  });

  it('has only rows in the document that can be seen, of 10,000', async () => {
    await open({ snapshot: aSnapshot(10_000, 10) });
    assert.ok((await rows(dashboard).count()) < 60);
    assert.equal((await names(dashboard))[0], 'web-101');
    await grid(dashboard).focus();
    await dashboard.page.keyboard.press('End');
    await dashboard.drawn();
    assert.equal((await names(dashboard)).at(-1), 'web-10100');
    assert.equal(await row(dashboard, 'web-10100').getAttribute('aria-rowindex'), '10001');
    const active = await grid(dashboard).getAttribute('aria-activedescendant');
    assert.equal(await row(dashboard, 'web-10100').getAttribute('id'), active);
  });

  it('leaves the rows their room in a small panel, as a large zoom makes it', async () => {
    await open({ snapshot: aSnapshot(1_000, 10), viewport: { width: 240, height: 280 } });
    const table = await grid(dashboard).boundingBox();
    assert.ok(table && table.height >= 80 && table.y + table.height <= 281, JSON.stringify(table));
    assert.ok((await names(dashboard)).includes('web-101'));
  });

  it('draws what a patch changed, and asks for everything when one is missing', async () => {
    await open({ snapshot: aSnapshot(3) });
    await dashboard.patch({
      vms: [aVm(102, { name: 'renamed' }), aVm(200, { name: 'new' })],
      goneVms: [103],
      figures: [figuresOf(101, 99)],
    });
    assert.deepEqual(await names(dashboard), ['new', 'renamed', 'web-101']);
    assert.equal(await cell(dashboard, 'web-101', 4).textContent(), '▲99%');
    dashboard.snapshot = { ...aSnapshot(1), revision: 9 };
    await dashboard.post({ kind: 'event', name: 'patch', data: { revision: 7, goneVms: [101] } });
    await row(dashboard, 'renamed').waitFor({ state: 'detached' });
    assert.deepEqual(await names(dashboard), ['web-101']);
    assert.deepEqual(dashboard.asked, [{ name: 'snapshot', params: undefined }]);
  });

  it('ignores messages that are none of the contract', async () => {
    await open({ snapshot: aSnapshot(2) });
    for (const message of [
      'text',
      { kind: 'event', name: 'patch', data: { revision: 2, vms: [{ id: 1 }] } },
      { kind: 'event', name: 'constructor', data: {} },
    ]) {
      await dashboard.post(message);
    }
    await dashboard.drawn();
    assert.equal((await names(dashboard)).length, 2);
  });

  it('selects as a list in the editor does, by mouse', async () => {
    await open({ snapshot: aSnapshot(9) });
    await row(dashboard, 'web-102').click();
    assert.deepEqual(await selected(dashboard), ['web-102']);
    await row(dashboard, 'web-104').click({ modifiers: ['Shift'] });
    assert.deepEqual(await selected(dashboard), ['web-102', 'web-103', 'web-104']);
    await row(dashboard, 'web-103').click({ modifiers: ['ControlOrMeta'] });
    assert.deepEqual(await selected(dashboard), ['web-102', 'web-104']);
    await row(dashboard, 'web-107').click();
    assert.deepEqual(await selected(dashboard), ['web-107']);
  });

  it('selects as a list in the editor does, by keyboard', async () => {
    await open({ snapshot: aSnapshot(60) });
    const { keyboard } = dashboard.page;
    await grid(dashboard).focus();
    await keyboard.press('ArrowDown');
    assert.deepEqual(await selected(dashboard), ['web-101']);
    await keyboard.press('Shift+ArrowDown');
    await keyboard.press('Shift+ArrowDown');
    assert.deepEqual(await selected(dashboard), ['web-101', 'web-102', 'web-103']);
    await keyboard.press('Shift+ArrowUp');
    assert.deepEqual(await selected(dashboard), ['web-101', 'web-102']);
    await keyboard.press('Control+ArrowDown');
    await keyboard.press('Control+ArrowDown');
    assert.deepEqual(await selected(dashboard), ['web-101', 'web-102'], 'only the focus moved');
    await keyboard.press('Space');
    assert.deepEqual(await selected(dashboard), ['web-101', 'web-102', 'web-104']);
    await keyboard.press('Escape');
    assert.deepEqual(await selected(dashboard), []);
    await keyboard.press('Control+a');
    await dashboard.page.getByText('60 VMs selected').waitFor();
    await keyboard.press('Home');
    assert.deepEqual(await selected(dashboard), ['web-101']);
    await keyboard.press('PageDown');
    const [page = ''] = await selected(dashboard);
    assert.ok(Number(page.slice(4)) > 105, page);
    await keyboard.type('web-12');
    assert.deepEqual(await selected(dashboard), ['web-120'], 'found by its name');
  });

  it('keeps selection and focus when rows change, and forgets what is gone', async () => {
    await open({ snapshot: aSnapshot(5) });
    await grid(dashboard).focus();
    await dashboard.page.keyboard.press('Control+a');
    await dashboard.patch({ vms: [aVm(101, { name: 'zzz' })], goneVms: [102] });
    assert.deepEqual(await selected(dashboard), ['web-103', 'web-104', 'web-105', 'zzz']);
    assert.ok(await grid(dashboard).evaluate((element) => element === document.activeElement));
  });

  it('sorts by a column, unknown figures last whichever way', async () => {
    await open({ snapshot: aSnapshot(12) });
    const header = dashboard.page.getByRole('columnheader', { name: 'CPU', exact: true });
    await header.click();
    await dashboard.drawn();
    assert.equal(await header.getAttribute('aria-sort'), 'descending');
    const down = await names(dashboard);
    assert.equal(down.at(-1), 'web-110', 'off');
    const percent = (name: string): number => (Number(name.slice(4)) * 37) % 100;
    assert.deepEqual(
      down.slice(0, -1),
      [...down.slice(0, -1)].sort((a, b) => percent(b) - percent(a)),
    );
    await header.press('Enter');
    await dashboard.drawn();
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    assert.deepEqual(await names(dashboard), [...down.slice(0, -1).reverse(), 'web-110']);
  });

  it('orders by a moving figure at most every 5 s, and never under the pointer', async () => {
    await open({ snapshot: aSnapshot(4) });
    const { page } = dashboard;
    await page.clock.install();
    await page.getByRole('columnheader', { name: 'CPU', exact: true }).click();
    await page.mouse.move(700, 20);
    await page.clock.runFor(100);
    const before = await names(dashboard);
    const last = before.at(-1) ?? '';
    const busiest = figuresOf(Number(last.slice(4)), 100);
    const tick = async (ms: number): Promise<void> => {
      await page.clock.runFor(ms);
    };
    const emit = dashboard.post({
      kind: 'event',
      name: 'patch',
      data: { revision: 2, figures: [busiest] },
    });
    await emit;
    await tick(2_000);
    assert.deepEqual(await names(dashboard), before, 'figures change, the order does not yet');
    assert.equal(await cell(dashboard, last, 4).textContent(), '▲100%');
    await row(dashboard, before[0] ?? '').hover();
    await tick(10_000);
    assert.deepEqual(await names(dashboard), before, 'somebody points at the rows');
    await page.mouse.move(700, 20);
    await tick(1_100);
    assert.equal((await names(dashboard))[0], last);
  });

  it('groups by host or state', async () => {
    await open({ snapshot: aSnapshot(11, 2) });
    const group = dashboard.page.locator('vscode-dropdown');
    const choose = async (text: string): Promise<void> => {
      await group.click();
      await dashboard.page.getByRole('option', { name: text }).click();
      await dashboard.drawn();
    };
    await choose('Group by State');
    const byState = await names(dashboard);
    assert.equal(byState[0], 'running (10)');
    assert.deepEqual(byState.slice(-2), ['off (1)', 'web-110']);
    await choose('Group by Host');
    const byHost = await names(dashboard);
    assert.equal(byHost[0], 'lab-1 (5)');
    assert.equal(byHost[6], 'lab-2 (6)');
  });

  it('shows columns that are chosen, in their order and as wide as they are made', async () => {
    await open({ snapshot: aSnapshot(3) });
    const { page } = dashboard;
    const titles = (): Promise<string[]> => page.locator('.header .title').allTextContents();
    const header = (name: string): Locator => page.getByRole('columnheader', { name, exact: true });
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.locator('vscode-checkbox', { hasText: 'vCPUs' }).click();
    await page.locator('vscode-checkbox', { hasText: 'Net Out' }).click();
    await page.getByRole('button', { name: 'Move CPU Left' }).click();
    await page.keyboard.press('Escape');
    await dashboard.drawn();
    const shown = await titles();
    assert.deepEqual(shown.slice(0, 4), ['Name', 'State', 'CPU', 'Host']);
    assert.ok(shown.includes('vCPUs') && !shown.includes('Net Out'));
    await header('CPU').focus();
    await page.keyboard.press('Alt+ArrowLeft');
    await dashboard.drawn();
    const focused = page.locator('.header [data-column="cpu"]:focus');
    assert.equal(await focused.count(), 1, 'the focus went along');
    assert.deepEqual((await titles()).slice(0, 3), ['Name', 'CPU', 'State']);
    const width = async (): Promise<number> => (await header('CPU').boundingBox())?.width ?? 0;
    const before = await width();
    await page.keyboard.press('Shift+ArrowRight');
    await dashboard.drawn();
    assert.equal(await width(), before + 16);
    const edge = await header('CPU').locator('.edge').boundingBox();
    assert.ok(edge);
    await page.mouse.move(edge.x + 3, edge.y + 10);
    await page.mouse.down();
    await page.mouse.move(edge.x + 43, edge.y + 10, { steps: 4 });
    await page.mouse.up();
    await dashboard.drawn();
    assert.equal(await width(), before + 56);
    await page.waitForTimeout(400);
    const kept = (await dashboard.kept()) as { readonly columns: readonly string[] };
    assert.deepEqual(kept.columns.slice(0, 3), ['name', 'cpu', 'state']);
  });

  it('begins as it was left', async () => {
    await open({ snapshot: aSnapshot(30) });
    await query(dashboard, 'web state:running');
    await row(dashboard, 'web-103').click();
    await dashboard.page.getByText('Compact').click();
    await dashboard.page.waitForTimeout(400);
    const kept = await dashboard.kept();
    await dashboard.page.context().close();
    await open({ snapshot: aSnapshot(30), kept });
    assert.deepEqual(await selected(dashboard), ['web-103']);
    assert.equal((await names(dashboard)).includes('web-110'), false);
    assert.equal((await row(dashboard, 'web-103').boundingBox())?.height, 22);
  });

  it('has its rows before its controls, which then show what was kept', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await open({
      snapshot: aSnapshot(12, 2),
      kept: { ...readViewState(undefined), groupBy: 'host', isCompact: true },
      routes: {
        '**/toolkit.js': async (route) => {
          await held;
          await route.continue();
        },
      },
    });
    const { page } = dashboard;
    assert.equal((await names(dashboard))[0], 'lab-1 (6)');
    const dropdown = page.locator('vscode-dropdown.grouping');
    const isMade = (): Promise<boolean> =>
      dropdown.evaluate((control) => control.matches(':defined'));
    assert.equal(await isMade(), false);
    release();
    await page.getByRole('combobox', { name: 'Group by' }).waitFor();
    assert.match((await dropdown.textContent()) ?? '', /Group by Host/);
    assert.equal(
      await dropdown.evaluate((control) => (control as unknown as { value: string }).value),
      'host',
    );
    assert.equal(await page.getByRole('checkbox', { name: 'Compact' }).isChecked(), true);
  });

  it('has its rows without its controls, and says why these are not there', async () => {
    await open({
      snapshot: aSnapshot(3),
      routes: { '**/toolkit.js': (route) => route.abort() },
    });
    const { page } = dashboard;
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(
      (await alert.textContent()) ?? '',
      /^Buttons could not be loaded: .+ open it again/,
    );
    assert.equal((await names(dashboard)).length, 3);
    assert.equal(await page.locator('.tools > :not(:defined)').count(), 0);
    await query(dashboard, 'web-101');
    assert.deepEqual(await names(dashboard), ['web-101']);
    // What the browser itself says of it
    assert.equal(dashboard.problems.splice(0).length, 1);
  });

  it('begins anew where what was kept is another version’s', async () => {
    await open({ snapshot: aSnapshot(2), kept: { query: 7 } });
    assert.equal((await names(dashboard)).length, 2);
  });

  it('shows what is done to a VM, how far it is, and what came of it', async () => {
    await open({ snapshot: aSnapshot(3) });
    await dashboard.patch({
      vms: [
        aVm(101, { activity: { kind: 'running', text: 'saving', progress: 0.4 } }),
        aVm(102, {
          activity: { kind: 'problem', text: 'not started: no memory', detail: 'All of it.' },
          has: bits('dismissResult'),
          can: bits('dismissResult'),
        }),
      ],
    });
    assert.equal(await cell(dashboard, 'web-101', 2).textContent(), 'saving… 40%');
    assert.equal(await cell(dashboard, 'web-102', 2).textContent(), 'not started: no memory');
    assert.equal(await cell(dashboard, 'web-102', 2).getAttribute('title'), 'All of it.');
  });

  it('says nothing of the VMs of a host that was never read', async () => {
    const snapshot = aSnapshot(4, 1);
    const lost = {
      standing: 'lost',
      status: 'needsAttention',
      statusText: 'You may not.',
    } as const;
    await open({ snapshot: { ...snapshot, hosts: [...snapshot.hosts, aHost(2, lost)] } });
    const card = dashboard.page.locator('.host-card').nth(1);
    assert.match((await card.textContent()) ?? '', /^lab-2You may not\.$/);
  });

  it('keeps the last values of a host that is gone, greyed, with their age', async () => {
    const snapshot = aSnapshot(4, 2);
    await open({
      snapshot: {
        ...snapshot,
        hostFigures: [
          [1, snapshot.now - 90_000, 340, 39_000, 64_000],
          [2, snapshot.now, 120, 20_000, 64_000],
        ],
        hosts: [
          aHost(1, {
            standing: 'lost',
            status: 'disconnected',
            statusText: 'disconnected: timed out',
            hasHelp: true,
            canConnect: true,
          }),
          aHost(2),
        ],
      },
    });
    const card = dashboard.page.locator('.host-card').first();
    assert.match(
      (await card.textContent()) ?? '',
      /lab-1.*CPU 34%.*1 min ago.*disconnected: timed out/,
    );
    assert.match((await card.getAttribute('class')) ?? '', /is-old/);
    assert.equal(await cell(dashboard, 'web-102', 4).textContent(), '△74%');
    assert.match((await row(dashboard, 'web-102').getAttribute('class')) ?? '', /is-lost/);
    assert.doesNotMatch((await row(dashboard, 'web-101').getAttribute('class')) ?? '', /is-lost/);
    await card.getByRole('button', { name: 'What Can I Do?' }).click();
    await card.getByRole('button', { name: 'Connect', exact: true }).click();
    assert.deepEqual(dashboard.asked, [
      { name: 'actOnHost', params: { action: 'showHelp', id: 1 } },
      { name: 'actOnHost', params: { action: 'connect', id: 1 } },
    ]);
  });
});
