import { Channel } from '../../src/contract/channel.ts';
import {
  extensionProtocol,
  pageProtocol,
  type DashboardPatch,
} from '../../src/contract/dashboard.ts';
import { element } from '../shared/element.ts';
import { translateWith } from '../shared/l10n.ts';
import { registerControls } from '../shared/toolkit.ts';
import { connectToEditor } from '../shared/vscodeApi.ts';
import { Dashboard } from './dashboard.ts';
import { readViewState } from './viewState.ts';

registerControls();

const main = document.getElementById('dashboard') ?? document.body;
const editor = connectToEditor();
let dashboard: Dashboard | undefined;
/** Patches that came before there was anything to change; none is lost. */
const early: DashboardPatch[] = [];

const channel = new Channel({
  port: editor.port,
  ours: pageProtocol,
  theirs: extensionProtocol,
  handlers: {},
  listeners: {
    patch: (patch) => {
      if (dashboard) {
        dashboard.apply(patch);
      } else {
        early.push(patch);
      }
    },
    detailTick: (tick) => {
      dashboard?.detail.tick(tick);
      dashboard?.requestDraw();
    },
    filters: (filters) => {
      if (dashboard) {
        dashboard.filters = filters;
      }
    },
  },
  timers: {
    after: (delayMs, action) => {
      const timer = setTimeout(action, delayMs);
      return {
        dispose: () => {
          clearTimeout(timer);
        },
      };
    },
  },
  onBadMessage: () => undefined, // the editor itself may send some
});

channel.request('start', undefined).then(
  ({ strings, actions, filters, snapshot }) => {
    const t = translateWith(strings);
    dashboard = new Dashboard({
      channel,
      t,
      titles: new Map(actions.map(({ action, title }) => [action, title])),
      view: readViewState(editor.keptState),
      keep: (view) => {
        editor.keep(view);
      },
    });
    main.replaceChildren(dashboard.root);
    dashboard.filters = filters;
    dashboard.take(snapshot);
    for (const patch of early) {
      dashboard.apply(patch);
    }
  },
  (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    main.replaceChildren(
      element(
        'p',
        { class: 'notice', role: 'alert' },
        `The dashboard could not be loaded: ${reason} Close it and open it again.`,
      ),
    );
  },
);
