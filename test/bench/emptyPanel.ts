import * as fs from 'node:fs';
import * as path from 'node:path';
import { mustRun } from '../tools/rig/command.ts';

const root = path.resolve(import.meta.dirname, '../..');

const manifest = {
  ...{ name: 'empty-panel', publisher: 'bench', version: '0.0.1', license: 'MIT' },
  ...{ engines: { vscode: '^1.90.0' }, main: './main.js', activationEvents: ['onStartupFinished'] },
  contributes: { commands: [{ command: 'emptyPanel.open', title: 'Open Empty Panel' }] },
};

const main = `const { commands, window, ViewColumn } = require('vscode');
exports.activate = () => {
  commands.registerCommand('emptyPanel.open', () => {
    const panel = window.createWebviewPanel('empty', 'Empty', ViewColumn.Active, { enableScripts: true });
    panel.webview.html = '<!DOCTYPE html><html><body><p id="empty-panel">Empty</p></body></html>';
  });
};
`;

/** The least that an extension can show in a panel: what opening it takes is not the dashboard's doing. */
export async function packEmptyPanel(folder: string): Promise<string> {
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  fs.writeFileSync(path.join(folder, 'main.js'), main);
  const file = path.join(folder, 'empty-panel.vsix');
  await mustRun(
    [
      ...[process.execPath, path.join(root, 'node_modules/@vscode/vsce/vsce'), 'package'],
      ...['--out', file, '--no-dependencies', '--allow-missing-repository', '--skip-license'],
    ],
    { cwd: folder, timeoutMs: 120_000 },
  );
  return file;
}
