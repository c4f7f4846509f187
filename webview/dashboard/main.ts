import { Channel } from '../../src/contract/channel.ts';
import { extensionProtocol, pageProtocol } from '../../src/contract/dashboard.ts';
import { element } from '../shared/element.ts';
import { translateWith } from '../shared/l10n.ts';
import { connectToEditor } from '../shared/vscodeApi.ts';
import { Dashboard } from './dashboard.ts';
import { readViewState } from './viewState.ts';

const main = document.getElementById('dashboard') ?? document.body;
const editor = connectToEditor();
let dashboard: Dashboard | undefined;

const channel = new Channel({
  port: editor.port,
  ours: pageProtocol,
  theirs: extensionProtocol,
  handlers: {},
  listeners: {
    patch: (patch) => {
      // One before the page stands is older than what it will ask for
      dashboard?.apply(patch);
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

/** Longer than that, nobody waits for the page without seeing it. */
const emptyMs = 150;

// Both at once: the page is made while the extension collects what it will show
const start = channel.request('start', undefined);
const everything = channel.request('snapshot', undefined);
everything.catch(() => undefined); // told where it is awaited

async function show(): Promise<void> {
  const { strings, actions, filters } = await start;
  const made = new Dashboard({
    channel,
    t: translateWith(strings),
    titles: new Map(actions.map(({ action, title }) => [action, title])),
    view: readViewState(editor.keptState),
    keep: (view) => {
      editor.keep(view);
    },
  });
  made.filters = filters;
  dashboard = made;
  // As a rule it comes at once: to draw the page empty before would only put that off
  await Promise.race([everything, new Promise((resolve) => setTimeout(resolve, emptyMs))]);
  main.replaceChildren(made.root);
  afterNextFrame(() => void makeControls());
  made.take(await everything);
}

async function makeControls(): Promise<void> {
  try {
    const { registerControls } = await import('../shared/toolkit.ts');
    registerControls();
  } catch (error) {
    dashboard?.tools.controlsFailed(messageOf(error));
  }
}

/** Rows come first: to make the controls takes as long as they do. */
function afterNextFrame(action: () => void): void {
  requestAnimationFrame(() => {
    requestAnimationFrame(() => {
      setTimeout(action);
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

show().catch((error: unknown) => {
  main.replaceChildren(
    element(
      'p',
      { class: 'notice', role: 'alert' },
      `The dashboard could not be loaded: ${messageOf(error)} Close it and open it again.`,
    ),
  );
});
