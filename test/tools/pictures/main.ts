// node main.ts [THEME...] [SCENE...]: makes the pictures of the documentation and the walkthrough from the real thing, in every theme.
import * as fs from 'node:fs';
import * as path from 'node:path';

import {
  launchWorkbench,
  savePicture,
  type StartedWorkbench,
  type ThemeName,
  themeNames,
} from '../workbench/launchWorkbench.ts';
import { type Scene, scenes } from './scenes.ts';
import { startWorld, type World, type WorldKind } from './world.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const folder = path.join(root, 'docs', 'images');
const wanted = process.argv.slice(2);
/** Those that are named, or all where none is. */
function narrow<T>(all: readonly T[], nameOf: (one: T) => string): readonly T[] {
  const named = all.filter((one) => wanted.includes(nameOf(one)));
  return named.length > 0 ? named : all;
}
const chosen = narrow(scenes, ({ name }) => name);
const chosenThemes = narrow(themeNames, (name) => name);

async function take(started: StartedWorkbench, scene: Scene, theme: string): Promise<void> {
  const clip = await scene.show(started, world);
  const file = path.join(folder, `${scene.name}-${theme}.png`);
  await started.page.screenshot({ path: file, clip, caret: 'hide', animations: 'disabled' });
  console.log(`${path.relative(root, file)}  ${fs.statSync(file).size} bytes`);
  if (scene.walkthrough !== undefined && theme === 'dark') {
    fs.copyFileSync(file, path.join(root, 'media', 'walkthrough', `${scene.walkthrough}.png`));
  }
  await scene.leave(started, world);
}

/** Takes pictures in one theme, which differ in nothing but the theme from those in another. */
async function takeAll(theme: ThemeName, some: readonly Scene[], hosts: World['hosts'][WorldKind]) {
  if (some.length === 0) {
    return;
  }
  const started = await launchWorkbench({
    asStranger: true,
    hosts,
    theme,
    viewport: { width: 1100, height: 680 },
    settings: { 'vmDeck.shutdown.timeoutSeconds': 5, 'editor.minimap.enabled': false },
  });
  try {
    await started.ui.widenSideBar(380);
    for (const scene of some) {
      await take(started, scene, theme);
    }
  } catch (error) {
    await savePicture(started, 'pictures');
    throw error;
  } finally {
    await started.stop();
  }
}

fs.mkdirSync(folder, { recursive: true });
const world = await startWorld();
try {
  for (const theme of chosenThemes) {
    for (const kind of ['lab', 'farm', 'none'] as const) {
      const some = chosen.filter((scene) => (scene.world ?? 'lab') === kind);
      await takeAll(theme, some, world.hosts[kind]);
    }
  }
} finally {
  await world.stop();
}
process.exit();
