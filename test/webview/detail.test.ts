import assert from 'node:assert/strict';
import type { Detail, DetailSpan } from '../../src/contract/detail.ts';
import { aSnapshot } from './aSnapshot.ts';
import { themes } from '../tools/webview/servePage.ts';
import { openDashboard, type DashboardPage } from './dashboardPage.ts';
import { violations } from './violations.ts';

const seconds: Readonly<Record<DetailSpan, number>> = { '15m': 2, '1h': 10, '24h': 300 };

/** A VM whose figures have a gap in the middle. */
function aDetail(span: DetailSpan, now = Date.now()): Detail {
  const count = 100;
  const times = Array.from(
    { length: count },
    (_, index) => now - (count - index) * seconds[span] * 1_000,
  );
  const values = (scale: number): readonly (number | null)[] =>
    times.map((_, at) => (at > 38 && at < 62 ? null : scale * (20 + (at % 10))));
  return {
    charts: [
      {
        ...{ id: 'cpu', kind: 'cpu', device: '', whole: 100, times },
        lines: [{ name: 'total', values: values(1) }],
      },
      {
        ...{ id: 'vcpus', kind: 'vcpus', device: '', whole: 100, times },
        lines: ['0', '1'].map((name, index) => ({ name, values: values(1 + index) })),
      },
      {
        ...{ id: 'memory', kind: 'memory', device: '', whole: 2 ** 31, times },
        lines: [{ name: 'used', values: values(5e7) }],
      },
      {
        ...{ id: 'disk vda', kind: 'disk', device: 'vda', whole: null, times },
        lines: ['read', 'written'].map((name, index) => ({ name, values: values(1e5 * index) })),
      },
    ],
    info: {
      disks: [{ name: 'vda', capacityBytes: 2 ** 34, allocationBytes: 2 ** 32 }],
      interfaces: ['vnet0'],
      addresses: ['10.0.0.7'],
      actions: [{ action: 'forceOff', at: now - 60_000, status: 'failed', reason: 'It hangs.' }],
    },
  };
}

describe('the dashboard in a browser: one VM closely', () => {
  let dashboard: DashboardPage;
  const rowOf = (name: string) =>
    dashboard.page.locator('.body .row:not([hidden])', {
      has: dashboard.page.locator('.name', { hasText: new RegExp(`^${name}$`) }),
    });
  const pane = () => dashboard.page.getByRole('region', { name: 'Details' });
  const values = (chart: string) => pane().locator(`[data-chart="${chart}"] .chart-values`);
  const ruler = () => pane().getByRole('slider', { name: 'Time of the values' });
  const open = async (options: Partial<Parameters<typeof openDashboard>[0]> = {}) => {
    dashboard = await openDashboard({
      snapshot: aSnapshot(12, 2),
      detail: (_, span) => aDetail(span),
      ...options,
    });
  };
  const openVm = async (options?: Parameters<typeof open>[0]) => {
    await open(options);
    await rowOf('web-103').dblclick();
    await values('cpu').waitFor();
    await dashboard.drawn();
  };
  /** Whether anything is drawn in the column of a chart below a moment, in any of its lines' colours. */
  const isDrawnAt = (share: number) =>
    pane()
      .locator('[data-chart="cpu"] canvas')
      .evaluate((canvas: HTMLCanvasElement, at) => {
        const context = canvas.getContext('2d');
        const left = 72;
        const x = Math.round(left + (canvas.width - left) * at);
        const { data } = context!.getImageData(x, 0, 1, canvas.height - 30);
        for (let index = 0; index < data.length; index += 4) {
          const [red = 0, green = 0, blue = 0, alpha = 0] = data.slice(index, index + 4);
          if (alpha > 100 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) {
            return true;
          }
        }
        return false;
      }, share);

  afterEach(async () => {
    assert.deepEqual(dashboard.problems, []);
    await dashboard.page.context().close();
  });

  it('opens with Enter, and goes back to the table with Escape', async () => {
    await open();
    await rowOf('web-103').click();
    await dashboard.page.keyboard.press('Enter');
    await values('cpu').waitFor();
    assert.ok(await ruler().evaluate((node) => node === document.activeElement));
    assert.match((await pane().textContent()) ?? '', /web-103 · lab-2/);
    await dashboard.page.keyboard.press('Escape');
    await pane().waitFor({ state: 'hidden' });
    assert.ok(
      await dashboard.page.getByRole('grid').evaluate((grid) => grid === document.activeElement),
    );
    assert.deepEqual(
      dashboard.asked.map(({ name }) => name),
      ['openDetail', 'closeDetail'],
    );
  });

  it('is loaded when it is first opened, and says so when it cannot be', async () => {
    await open();
    const { page } = dashboard;
    assert.equal(await page.locator('.detail').count(), 0);
    await page.route('**/detailPane.js', (route) => route.abort());
    await rowOf('web-103').dblclick();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(
      (await alert.textContent()) ?? '',
      /^Graphs could not be loaded: .+ open it again/,
    );
    // What the browser itself says of it
    assert.deepEqual(dashboard.problems.splice(0).length, 1);
  });

  it('shows the latest values, devices, addresses and what was done', async () => {
    await openVm();
    assert.equal(await values('cpu').textContent(), '29%');
    assert.equal(await values('vcpus').textContent(), '0 29%1 58%');
    assert.equal(await values('disk vda').textContent(), 'read 0 B/swritten 2.9 MB/s');
    const facts = (await pane().locator('.facts').textContent()) ?? '';
    for (const expected of [/vda 16 GiB, 4 GiB used/, /vnet0/, /10\.0\.0\.7/]) {
      assert.match(facts, expected);
    }
    assert.match(facts, /Force Off: failed\. It hangs\./);
  });

  it('goes on with every tick, but not while it is paused', async () => {
    await openVm();
    const tick = (cpu: number) =>
      dashboard.tick({
        target: { kind: 'vm', id: 103 },
        at: Date.now(),
        values: { cpu: [cpu], vcpus: [1, 2], memory: [1e9], 'disk vda': [1, 2] },
      });
    await tick(77);
    assert.equal(await values('cpu').textContent(), '77%');
    await pane().getByRole('button', { name: 'Pause' }).click();
    await tick(88);
    assert.equal(await values('cpu').textContent(), '77%');
    await dashboard.tick({ target: { kind: 'vm', id: 104 }, at: Date.now(), values: { cpu: [5] } });
    assert.equal(await values('cpu').textContent(), '77%');
  });

  it('asks again when a device came', async () => {
    await openVm();
    await dashboard.tick({
      ...{ target: { kind: 'vm', id: 103 }, at: Date.now() },
      values: { cpu: [50], 'nic vnet0': [1, 2] },
    });
    assert.equal(dashboard.asked.filter(({ name }) => name === 'openDetail').length, 2);
    await dashboard.tick({
      ...{ target: { kind: 'vm', id: 103 }, at: Date.now() },
      values: { cpu: [50], 'nic vnet1': [null, null] },
    });
    assert.equal(dashboard.asked.filter(({ name }) => name === 'openDetail').length, 2);
  });

  it('draws a gap as a gap', async () => {
    await openVm({ detail: () => aDetail('15m', Date.now()) });
    // 100 points of 2 s are the last 200 s of 900: the gap is from 122 to 78 s ago
    const at = (secondsAgo: number): number => 1 - secondsAgo / 900;
    assert.equal(await isDrawnAt(at(150)), true);
    assert.equal(await isDrawnAt(at(40)), true);
    assert.equal(await isDrawnAt(at(99)), false, 'the gap');
    assert.equal(await isDrawnAt(at(500)), false, 'before there was anything');
  });

  it('has one crosshair for all graphs, by pointer and by keyboard', async () => {
    await openVm();
    const box = await pane().locator('[data-chart="memory"] canvas').boundingBox();
    assert.ok(box);
    await pane().locator('[data-chart="memory"] canvas').scrollIntoViewIfNeeded();
    const area = (await pane().locator('[data-chart="memory"] canvas').boundingBox()) ?? box;
    await dashboard.page.mouse.move(area.x + 72 + (area.width - 72) * (1 - 99 / 900), area.y + 20);
    await dashboard.drawn();
    assert.equal(await values('cpu').textContent(), '–', 'in the gap');
    await dashboard.page.mouse.move(2, 2);
    await dashboard.drawn();
    assert.equal(await values('cpu').textContent(), '29%');
    await ruler().focus();
    await dashboard.page.keyboard.press('ArrowLeft');
    assert.equal(await values('cpu').textContent(), '28%');
    assert.equal(await values('memory').textContent(), '1.3 GiB');
    assert.match(
      (await ruler().getAttribute('aria-valuetext')) ?? '',
      /CPU 28%, CPU per vCPU 0 28%/,
    );
    await dashboard.page.keyboard.press('Shift+ArrowLeft');
    await dashboard.page.keyboard.press('Home');
    assert.equal(await values('cpu').textContent(), '20%');
    await dashboard.page.keyboard.press('End');
    assert.equal(await values('cpu').textContent(), '29%');
  });

  it('shows an hour or a day, and remembers which, and what was open', async () => {
    await openVm();
    await pane().getByRole('button', { name: '24 h' }).click();
    await dashboard.drawn();
    assert.deepEqual(dashboard.asked.at(-1)?.params, {
      target: { kind: 'vm', id: 103 },
      span: '24h',
    });
    await dashboard.page.waitForTimeout(500); // what is kept is kept a little later
    const kept = await dashboard.kept();
    await dashboard.page.context().close();
    await open({ kept });
    await values('cpu').waitFor();
    assert.deepEqual(dashboard.asked[0], {
      name: 'openDetail',
      params: { target: { kind: 'vm', id: 103 }, span: '24h' },
    });
  });

  it('shows a host, and goes when what it shows is gone', async () => {
    await open();
    await dashboard.page.getByRole('button', { name: 'Show Graphs' }).nth(1).click();
    await values('cpu').waitFor();
    assert.deepEqual(dashboard.asked[0]?.params, { target: { kind: 'host', id: 2 }, span: '15m' });
    await rowOf('web-103').dblclick();
    await dashboard.drawn();
    await dashboard.patch({ goneVms: [103] });
    await pane().waitFor({ state: 'hidden' });
  });

  it('says when there are no figures', async () => {
    await open({
      detail: () => ({ ...aDetail('15m'), charts: [] }),
    });
    await rowOf('web-103').dblclick();
    await pane().getByText('There are no figures of it yet.').waitFor();
  });

  it('copies all points as CSV, and the graphs as a picture', async () => {
    await openVm();
    await dashboard.page.evaluate(() => {
      const scope = window as unknown as { copied: unknown };
      const clipboard = {
        writeText: (text: string) => {
          scope.copied = text;
          return Promise.resolve();
        },
        write: async ([item]: readonly ClipboardItem[]) => {
          const bitmap = await createImageBitmap((await item?.getType('image/png')) ?? new Blob());
          scope.copied = [bitmap.width, bitmap.height];
        },
      };
      Object.defineProperty(navigator, 'clipboard', { value: clipboard });
      scope.copied = undefined;
      // The page is not a secure one, which ours is
      (window as unknown as { ClipboardItem: unknown }).ClipboardItem ??= class {
        readonly #parts: Readonly<Record<string, Promise<Blob>>>;
        constructor(parts: Readonly<Record<string, Promise<Blob>>>) {
          this.#parts = parts;
        }
        getType(type: string) {
          return this.#parts[type];
        }
      };
    });
    const copied = () =>
      dashboard.page.evaluate(() => (window as unknown as { copied: unknown }).copied);
    await pane().getByRole('button', { name: 'Copy as CSV' }).click();
    await pane().getByText('Copied.').waitFor();
    const lines = String(await copied()).split('\r\n');
    assert.equal(lines.length, 101);
    assert.equal(
      lines[0],
      'time,cpu [%] total,vcpus [%] 0,vcpus [%] 1,memory [B] used,disk vda [B/s] read,disk vda [B/s] written',
    );
    assert.match(lines[50]!, /^\d{4}-.*Z,,,,,,$/, 'a gap');
    assert.match(lines[100]!, /^\d{4}-.*Z,29,29,58,1450000000,0,2900000$/);
    await pane().getByRole('button', { name: 'Copy as PNG' }).click();
    await dashboard.page.waitForFunction(() =>
      Array.isArray((window as unknown as { copied: unknown }).copied),
    );
    const [width = 0, height = 0] = (await copied()) as readonly number[];
    assert.ok(width > 300 && height > 400, `${width} x ${height}`);
  });

  for (const theme of Object.keys(themes)) {
    it(`has nothing that axe finds wrong, theme ${theme}`, async () => {
      await openVm({ theme, viewport: { width: 1400, height: 900 } });
      assert.deepEqual(await violations(dashboard), []);
      await pane().getByRole('button', { name: 'Pause' }).click();
      await ruler().focus();
      await dashboard.page.keyboard.press('ArrowLeft');
      assert.deepEqual(await violations(dashboard), [], 'paused, with the crosshair');
      if (process.env['SHOTS']) {
        await dashboard.page.screenshot({ path: `${process.env['SHOTS']}/detail-${theme}.png` });
      }
    });
  }
});
