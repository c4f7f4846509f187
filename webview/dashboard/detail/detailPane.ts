import type { Channel } from '../../../src/contract/channel.ts';
import type { extensionProtocol, pageProtocol } from '../../../src/contract/dashboard.ts';
import {
  detailSpans,
  spanMs,
  type Detail,
  type DetailSpan,
  type DetailTarget,
  type DetailTick,
} from '../../../src/contract/detail.ts';
import { element, icon, setAttribute, setText } from '../../shared/element.ts';
import type { Translate } from '../../shared/l10n.ts';
import { registerChartParts } from './chartParts.ts';
import { readChartTheme } from './chartTheme.ts';
import { chartsPicture } from './chartsPicture.ts';
import { toCsv } from './csv.ts';
import { chartTitle, DetailChart, formatTime } from './detailChart.ts';
import { DetailFacts } from './detailFacts.ts';
import { nearest, Series } from './series.ts';

export interface DetailPaneOptions {
  readonly channel: Channel<typeof pageProtocol, typeof extensionProtocol>;
  readonly t: Translate;
  /** How an action is called. */
  readonly titleOf: (action: string) => string;
  /** Milliseconds since the epoch by the extension's clock. */
  readonly now: () => number;
  readonly span: DetailSpan;
  /** Another span was chosen, or the pane was closed. */
  readonly changed: (change: { readonly span: DetailSpan } | 'closed') => void;
}

/** Summaries come about at the extension: an hour and a day are asked for again, since a page has the ticks only. */
const renewMs: Readonly<Record<DetailSpan, number>> = {
  '15m': Number.POSITIVE_INFINITY,
  '1h': 60_000,
  '24h': 5 * 60_000,
};

/** Time goes on without any tick. */
const agingMs = 950;

/** One VM or host over time, below the table. */
export class DetailPane {
  readonly root: HTMLElement;
  readonly #options: DetailPaneOptions;
  readonly #title = element('h2', { class: 'detail-title' });
  readonly #time = element('span', { class: 'detail-time' });
  readonly #status = element('p', { class: 'detail-status', role: 'status' });
  readonly #charts = element('div', { class: 'charts' });
  readonly #ruler: HTMLElement;
  readonly #pauseButton: HTMLElement;
  readonly #spanButtons = new Map<DetailSpan, HTMLElement>();
  readonly #facts: DetailFacts;
  #target: DetailTarget | undefined;
  #span: DetailSpan;
  #series: readonly Series[] = [];
  #drawn: DetailChart[] = [];
  #cursor: number | undefined;
  /** When it was stopped; undefined while it moves on. */
  #pausedAt: number | undefined;
  #askedAt = 0;
  /** The answer to any but the last question is no news. */
  #asking = 0;
  #unanswered = 0;
  #isStale = false;
  #drawnAt = 0;
  #theme = '';

  constructor(options: DetailPaneOptions) {
    const { t } = options;
    this.#options = options;
    this.#span = options.span;
    this.#facts = new DetailFacts(t, options.titleOf);
    const spans = element('span', { class: 'spans', role: 'group', 'aria-label': t('Time span') });
    const spanTitles = { '15m': t('15 min'), '1h': t('1 h'), '24h': t('24 h') };
    for (const span of detailSpans) {
      const button = toolButton(spanTitles[span], undefined, () => {
        this.#choose(span);
      });
      this.#spanButtons.set(span, button);
      spans.append(button);
    }
    this.#pauseButton = toolButton(t('Pause'), 'debug-pause', () => {
      this.#pausedAt = this.#pausedAt === undefined ? options.now() : undefined;
      if (this.#pausedAt === undefined) {
        void this.#ask(); // what came meanwhile
      }
      this.draw();
    });
    this.#ruler = element('div', {
      ...{ class: 'ruler', role: 'slider', tabindex: 0, 'aria-label': t('Time of the values') },
    });
    this.#ruler.addEventListener('keydown', (event) => {
      if (this.#move(event.key, event.shiftKey)) {
        event.preventDefault();
        event.stopPropagation();
        this.draw();
      }
    });
    this.root = element(
      'section',
      { class: 'detail', 'aria-label': t('Details'), hidden: true },
      element(
        'div',
        { class: 'detail-tools' },
        ...[this.#title, spans, this.#pauseButton, this.#time],
        toolButton(t('Copy as CSV'), 'table', () => this.#copyCsv()),
        toolButton(t('Copy as PNG'), 'file-media', () => this.#copyPicture()),
        toolButton(t('Close'), 'close', () => {
          this.close();
          options.changed('closed');
        }),
      ),
      this.#status,
      element('div', { class: 'detail-body' }, this.#ruler, this.#charts, this.#facts.root),
    );
    this.#charts.addEventListener('pointermove', ({ clientX, target }) => {
      const over = this.#drawn.find(({ root }) => target instanceof Node && root.contains(target));
      this.#point(over?.timeAt(clientX));
    });
    this.#charts.addEventListener('pointerleave', () => {
      this.#point(undefined);
    });
    this.root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        this.close();
        options.changed('closed');
      }
    });
  }

  get target(): DetailTarget | undefined {
    return this.#target;
  }

  /** Shows a VM or host; the one before is closed. */
  open(target: DetailTarget, title: string): void {
    registerChartParts();
    setText(this.#title, title);
    this.root.hidden = false;
    if (this.#target?.id !== target.id) {
      this.#target = target;
      this.#pausedAt = undefined;
      this.#cursor = undefined;
      this.#take({ charts: [], info: { disks: [], interfaces: [], addresses: [], actions: [] } });
      setText(this.#status, this.#options.t('Loading…'));
    }
    void this.#ask();
  }

  close(): void {
    if (!this.#target) {
      return;
    }
    this.#target = undefined;
    this.#asking++;
    this.root.hidden = true;
    for (const chart of this.#drawn) {
      chart.dispose();
    }
    this.#drawn = [];
    this.#series = [];
    this.#options.channel.request('closeDetail', undefined).catch(() => undefined);
  }

  /** Moves the focus into the pane. */
  focus(): void {
    this.#ruler.focus();
  }

  tick(tick: DetailTick): void {
    if (tick.target.id !== this.#target?.id) {
      return;
    }
    if (tick.info) {
      this.#facts.draw(tick.info);
    }
    if (this.#pausedAt !== undefined) {
      return;
    }
    for (const series of this.#series) {
      series.add(tick.at, tick.values[series.data.id] ?? [], this.#span);
    }
    this.#isStale = true;
    const known = new Map(this.#series.map((series) => [series.data.id, series.names.length]));
    const hasNew = Object.entries(tick.values).some(
      ([id, values]) => values.some((value) => value !== null) && known.get(id) !== values.length,
    );
    const isOld = performance.now() - this.#askedAt > renewMs[this.#span];
    if ((hasNew || isOld) && this.#unanswered === 0) {
      void this.#ask();
    }
  }

  /** Draws if there is anything new: the table is drawn much more often, for instance while it is scrolled. */
  refresh(): void {
    if (this.#isStale || performance.now() - this.#drawnAt >= agingMs) {
      this.draw();
    }
  }

  draw(): void {
    if (!this.#target) {
      return;
    }
    this.#isStale = false;
    this.#drawnAt = performance.now();
    const { t, now } = this.#options;
    const theme = readChartTheme();
    const themeText = JSON.stringify(theme);
    if (this.#theme !== themeText || this.#drawn.length !== this.#series.length) {
      this.#theme = themeText;
      for (const chart of this.#drawn) {
        chart.dispose();
      }
      this.#drawn = this.#series.map((series) => new DetailChart(t, series, theme));
      this.#charts.replaceChildren(...this.#drawn.map(({ root }) => root));
    }
    const to = this.#pausedAt ?? now();
    const shown = { from: to - spanMs[this.#span], to, cursor: this.#cursor };
    for (const [index, chart] of this.#drawn.entries()) {
      chart.draw(this.#series[index] ?? chart.series, shown);
    }
    for (const [span, button] of this.#spanButtons) {
      setAttribute(button, 'aria-pressed', String(span === this.#span));
    }
    setAttribute(this.#pauseButton, 'aria-pressed', String(this.#pausedAt !== undefined));
    this.#drawRuler(shown);
  }

  #drawRuler({ from, to }: { readonly from: number; readonly to: number }): void {
    const { t } = this.#options;
    const time = this.#cursor ?? to;
    const when = this.#cursor === undefined ? t('now') : formatTime(time, true);
    setText(this.#time, when);
    const values = this.#drawn.map((chart) => `${chartTitle(chart.series, t)} ${chart.values()}`);
    setAttribute(this.#ruler, 'aria-valuemin', String(Math.round(from)));
    setAttribute(this.#ruler, 'aria-valuemax', String(Math.round(to)));
    setAttribute(this.#ruler, 'aria-valuenow', String(Math.round(time)));
    setAttribute(this.#ruler, 'aria-valuetext', [when, ...values].join(', '));
    const share = Math.max(0, Math.min(1, (time - from) / (to - from)));
    this.#ruler.style.setProperty('--share', String(share));
  }

  #point(time: number | undefined): void {
    if (time !== this.#cursor) {
      this.#cursor = time;
      this.#isStale = true;
      requestAnimationFrame(() => {
        this.refresh();
      });
    }
  }

  /** @returns whether the key means something here */
  #move(key: string, isFar: boolean): boolean {
    const times = (this.#series[0]?.lines[0] ?? []).filter(({ y }) => y !== null);
    const last = times.length - 1;
    const at = this.#cursor === undefined ? last : nearest(times, this.#cursor);
    const step = isFar ? 10 : 1;
    switch (key) {
      case 'ArrowLeft':
      case 'ArrowDown':
        return this.#moveTo(times, Math.max(0, at - step));
      case 'ArrowRight':
      case 'ArrowUp':
        return this.#moveTo(times, Math.min(last, at + step));
      case 'Home':
        return this.#moveTo(times, 0);
      case 'End':
        this.#cursor = undefined;
        return true;
      default:
        return false;
    }
  }

  #moveTo(times: readonly { readonly x: number }[], index: number): boolean {
    this.#cursor = times[index]?.x;
    return true;
  }

  #choose(span: DetailSpan): void {
    this.#span = span;
    this.#cursor = undefined;
    this.#options.changed({ span });
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const target = this.#target;
    if (!target) {
      return;
    }
    const asking = ++this.#asking;
    this.#unanswered++;
    this.#askedAt = performance.now();
    const { channel, t } = this.#options;
    try {
      const detail = await channel.request('openDetail', { target, span: this.#span });
      if (asking === this.#asking) {
        this.#take(detail);
        setText(
          this.#status,
          detail.charts.length === 0 ? t('There are no figures of it yet.') : '',
        );
      }
    } catch (error) {
      if (asking === this.#asking) {
        const reason = error instanceof Error ? error.message : String(error);
        setText(this.#status, t('Its graphs could not be loaded: {0}', reason));
      }
    } finally {
      this.#unanswered--;
    }
  }

  #take({ charts, info }: Detail): void {
    const before = this.#drawn.map(({ series }) => `${series.data.id} ${series.names.length}`);
    this.#series = charts.map((chart) => new Series(chart));
    if (
      this.#series.map(({ data, names }) => `${data.id} ${names.length}`).join() !== before.join()
    ) {
      this.#theme = ''; // others than are drawn
    }
    this.#facts.draw(info);
    this.draw();
  }

  async #copyCsv(): Promise<void> {
    await this.#say(navigator.clipboard.writeText(toCsv(this.#series)));
  }

  async #copyPicture(): Promise<void> {
    const picture = chartsPicture(this.#drawn, {
      title: `${this.#title.textContent} · ${new Date(this.#pausedAt ?? this.#options.now()).toLocaleString()}`,
      titles: this.#drawn.map(({ series }) => chartTitle(series, this.#options.t)),
      theme: readChartTheme(),
    });
    await this.#say(navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]));
  }

  async #say(copying: Promise<void>): Promise<void> {
    const { t } = this.#options;
    try {
      await copying;
      setText(this.#status, t('Copied.'));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      setText(this.#status, t('It could not be copied: {0}', reason));
    }
  }
}

function toolButton(
  title: string,
  shape: string | undefined,
  run: () => void | Promise<void>,
): HTMLElement {
  const button = element(
    'button',
    {
      ...{ type: 'button', class: shape === undefined ? 'span-button' : 'icon-button' },
      ...(shape === undefined ? {} : { title, 'aria-label': title }),
    },
    shape === undefined ? title : icon(shape),
  );
  button.addEventListener('click', () => {
    void run();
  });
  return button;
}
