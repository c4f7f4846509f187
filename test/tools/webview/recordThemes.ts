// node --import tsx recordThemes.ts: reads what the editor gives webviews in each kind of theme, for tests of pages
// outside of it: test/webview/themes.json. Only the variables that our pages use.
import * as fs from 'node:fs';
import * as path from 'node:path';

import { launchWorkbench, themeNames } from '../workbench/launchWorkbench.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const used = new Set(
  ['dashboard.js', 'dashboard.css'].flatMap(
    (name) =>
      fs.readFileSync(path.join(root, 'dist', 'webview', name), 'utf8').match(/--vscode-[\w-]+/g) ??
      [],
  ),
);
// The toolkit puts names together from parts
const isUsed = (name: string): boolean =>
  used.has(name) ||
  /^--vscode-(font|button|checkbox|dropdown|focusBorder|contrast|icon|input)/.test(name);

const themes: Record<string, unknown> = {};
for (const theme of themeNames) {
  const started = await launchWorkbench({ theme });
  try {
    await started.ui.runCommand('VM Deck: Open Dashboard');
    const frame = started.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await frame.locator('.dashboard').waitFor();
    const found = await frame.locator('html').evaluate((html) => ({
      style: html.getAttribute('style') ?? '',
      bodyClass: document.body.className,
    }));
    const variables = found.style
      .split(';')
      .map((entry: string) => {
        const colon = entry.indexOf(':');
        return [entry.slice(0, colon).trim(), entry.slice(colon + 1).trim()] as const;
      })
      .filter(([name]) => isUsed(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    themes[theme] = { bodyClass: found.bodyClass, variables: Object.fromEntries(variables) };
    console.log(`${theme}: ${variables.length} variables`);
  } finally {
    await started.stop();
  }
}
const file = path.join(root, 'test', 'webview', 'themes.json');
fs.writeFileSync(file, `${JSON.stringify(themes, null, 2)}\n`);
process.exit();
