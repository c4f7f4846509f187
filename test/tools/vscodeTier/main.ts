// What the runner starts for the tier `vscode`: node --import tsx main.ts (desktop | code-server) RESULT-FILE
// TIMEOUT-MS [FILE | --grep TEXT]... Runs the tests inside a real extension host of the editor that is named.
import { downloadAndUnzipVSCode, runTests, TestRunFailedError } from '@vscode/test-electron';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { mustRun } from '../rig/command.ts';
import { buildTests } from './buildTests.ts';
import { followFile } from './followFile.ts';
import type { HostRun } from './hostIndex.ts';

const root = path.resolve(import.meta.dirname, '../../..');

const [editor, resultFile, timeoutMs, ...words] = process.argv.slice(2);
if (resultFile === undefined) {
  throw new TypeError('This is started by `npm run test:vscode`.');
}
const grepAt = words.findIndex((word) => word === '--grep' || word === '-g');
const grep = grepAt < 0 ? undefined : words[grepAt + 1];
const files = words.filter((word) => word.endsWith('.ts'));
const unknown = words.filter(
  (word) => word !== grep && !files.includes(word) && !/^(-g|--grep)$/.test(word),
);
if (unknown.length > 0) {
  console.error(`Only files and --grep reach the extension host, not ${unknown.join(' ')}.`);
  process.exit(2);
}
if (files.length === 0) {
  console.error('There is no test to run.');
  process.exit(1);
}

await mustRun([process.execPath, 'esbuild.mjs'], { cwd: root });
const tests = await buildTests(root, path.join(root, '.cache', 'vscode-tests'), files);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vm-deck-host-'));
process.once('exit', () => {
  fs.rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}
const workspace = path.join(folder, 'workspace');
fs.mkdirSync(workspace);
const wanted: HostRun = {
  files: tests.files,
  ...(grep === undefined ? {} : { grep }),
  timeoutMs: Number(timeoutMs),
  forbidOnly: Boolean(process.env['CI']),
  outputFile: path.join(folder, 'output.log'),
  resultFile,
};
const follower = followFile(wanted.outputFile);

const desktop = editor === 'desktop';
console.log(desktop ? 'in a desktop VS Code' : 'in the extension host of code-server');
try {
  await runTests({
    vscodeExecutablePath: desktop
      ? await downloadAndUnzipVSCode('stable')
      : path.join(import.meta.dirname, 'codeServerShim.mjs'),
    extensionDevelopmentPath: root,
    extensionTestsPath: tests.index,
    launchArgs: [workspace, '--disable-extensions', '--disable-workspace-trust'],
    extensionTestsEnv: { VM_DECK_TEST_RUN: JSON.stringify(wanted) },
  });
} catch (error) {
  // What failed is in the report; what kept it from being written is not.
  if (!(error instanceof TestRunFailedError) || !fs.existsSync(resultFile)) {
    console.error(error);
  }
  process.exitCode = 1;
} finally {
  follower.end();
}
