import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { desktopIsToBeHad } from '../setup/desktopVscode.mjs';
import { coverageEnvironment } from './coverage.mjs';
import { filesUnder } from './filesUnder.mjs';
import { run } from './run.mjs';

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Mocha ended before the last test: a file that does not load, no file at all, or it was killed.
    return { passed: 0, failed: 0, skipped: [] };
  }
}

/** The command that runs mocha in a process of its own and makes it write `result`. */
function mochaCommand(tier, extra, namesFiles, result) {
  return [
    ...[process.execPath, '--import', 'tsx', '--import', './test/tools/runner/tsWorkers.mjs'],
    ...['node_modules/mocha/bin/mocha.js'],
    ...['--fail-zero', '--timeout', String(tier.timeoutMs)],
    ...(process.env.CI ? ['--forbid-only'] : []),
    ...['--reporter', 'test/tools/runner/reporter.cjs'],
    ...['--reporter-option', `kind=${extra.length > 0 ? 'spec' : tier.reporter}`],
    ...['--reporter-option', `result=${result}`],
    ...extra,
    ...(namesFiles ? [] : tier.files),
    ...(namesFiles ? [] : (tier.ignore ?? []).flatMap((pattern) => ['--ignore', pattern])),
  ];
}

/** The command of a tier whose mocha runs elsewhere: the launcher sees to the rest. */
async function launcherCommand(tier, extra, namesFiles, result) {
  const files = namesFiles ? [] : filesUnder(tier.folder, '.test.ts');
  const editor = (await desktopIsToBeHad()) ? 'desktop' : 'code-server';
  const argv = [process.execPath, '--import', 'tsx', tier.launcher];
  return [...argv, editor, result, String(tier.timeoutMs), ...extra, ...files];
}

/**
 * Runs the tests of a tier, or those that `extra` names, and counts them. In CI, where all that a tier needs is
 * installed, a skipped test may count as a failure. With `capture`, returns what would be printed.
 */
export async function runMocha(tier, extra, withCoverage, capture = false) {
  const folder = mkdtempSync(join(tmpdir(), 'vm-deck-test-'));
  const result = join(folder, 'result.json');
  const forget = () => rmSync(folder, { recursive: true, force: true });
  // When we are interrupted, nothing below runs.
  process.once('exit', forget);
  const namesFiles = extra.some((word) => word.endsWith('.ts'));
  try {
    const command = tier.launcher === undefined ? mochaCommand : launcherCommand;
    // In the extension host the product is one bundle, whose lines cannot be told from it.
    const coverage = tier.launcher === undefined ? coverageEnvironment : {};
    const { code, late, output } = await run(await command(tier, extra, namesFiles, result), {
      capture,
      env: withCoverage ? coverage : {},
      limitMs: tier.limitMinutes * 60_000,
    });
    const { passed, failed, skipped } = readResult(result);
    const remarks = [
      ...(late ? [`Killed after ${tier.limitMinutes} minutes.`] : []),
      ...skipped.map((title) => `skipped: ${title}`),
    ];
    const printed = [output.trimEnd(), ...remarks].join('\n');
    if (!capture && remarks.length > 0) {
      console.log(remarks.join('\n'));
    }
    const judged = failed + (tier.pendingFails && process.env.CI ? skipped.length : 0);
    // Mocha may fail without a failed test: nothing ran, a file did not load, the process did not end.
    const failures = Math.max(judged, code === 0 ? 0 : 1);
    return { passed, failed: failures, skipped: skipped.length, output: printed };
  } finally {
    forget();
    process.removeListener('exit', forget);
  }
}
