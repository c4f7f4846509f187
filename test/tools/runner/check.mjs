import { existsSync, openSync, readSync, closeSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

import { run } from './run.mjs';

const node = (script, ...args) => [process.execPath, `node_modules/${script}`, ...args];

const eslint = (...args) => node('eslint/bin/eslint.js', '--max-warnings', '0', ...args);

/** The scripts for a shell that git tracks or would track, told by their first line. */
function shellScripts() {
  const names = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard']);
  return names
    .toString()
    .split('\0')
    .filter((name) => name !== '' && existsSync(name))
    .filter((name) => {
      const start = Buffer.alloc(64);
      const file = openSync(name);
      readSync(file, start);
      closeSync(file);
      return /^#!.*\b(?:ba|da|k)?sh\b/.test(start.toString('latin1').split('\n')[0]);
    });
}

/** The longest first: two run at a time. */
const checks = () => ({
  'eslint of the tests': eslint('test'),
  'eslint of the rest': eslint('.', '--ignore-pattern', 'test/**'),
  'types of the core': node('typescript/bin/tsc', '-p', 'tsconfig.core.json'),
  'types of the extension': node('typescript/bin/tsc', '-p', 'tsconfig.extension.json'),
  'types of the tests': node('typescript/bin/tsc', '-p', 'tsconfig.test.json'),
  'types of the editor tests': node('typescript/bin/tsc', '-p', 'tsconfig.vscode.json'),
  'types of the pages': node('typescript/bin/tsc', '-p', 'tsconfig.webview.json'),
  'types of the tests of pages': node('typescript/bin/tsc', '-p', 'tsconfig.webviewTest.json'),
  prettier: node('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  contributions: [process.execPath, '--import', 'tsx', 'test/tools/contributions/main.ts'],
  knip: node('knip/bin/knip.js', '--no-progress'),
  shellcheck: ['shellcheck', ...shellScripts()],
  ...(existsSync('esbuild.mjs') ? { build: [process.execPath, 'esbuild.mjs'] } : {}),
});

/** Runs every check and prints a line for each; what a failed one said follows its line. */
export async function check() {
  const waiting = Object.entries(checks());
  let passed = 0;
  let failed = 0;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, argv] = next;
      const start = performance.now();
      const { code, output } = await run(argv, { capture: true });
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`  ${name}: ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
      if (code === 0) {
        passed++;
      } else {
        failed++;
        console.log(output.trimEnd());
      }
    }
  };
  await Promise.all([work(), work()]);
  return { passed, failed, skipped: 0 };
}
