import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { coverageEnvironment } from './coverage.mjs';
import { run } from './run.mjs';

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Mocha ended before the last test: a file that does not load, no file at all, or it was killed.
    return { passed: 0, failed: 0, skipped: [] };
  }
}

/**
 * Prints the skipped tests, whose titles say why, and returns how many of them count as failures: in CI, where all
 * that a tier needs is installed, each does.
 */
function judgeSkipped(skipped, pendingFails) {
  for (const title of skipped) {
    console.log(`skipped: ${title}`);
  }
  return pendingFails && process.env.CI ? skipped.length : 0;
}

/** Runs the tests of a tier, or those that `extra` names, and counts them. */
export async function runMocha(tier, extra, withCoverage) {
  const folder = mkdtempSync(join(tmpdir(), 'vm-deck-test-'));
  const result = join(folder, 'result.json');
  const forget = () => rmSync(folder, { recursive: true, force: true });
  // When we are interrupted, nothing below runs.
  process.once('exit', forget);
  const namesFiles = extra.some((word) => word.endsWith('.ts'));
  try {
    const { code, late } = await run(
      [
        ...[process.execPath, '--import', 'tsx', 'node_modules/mocha/bin/mocha.js'],
        ...['--fail-zero', '--timeout', String(tier.timeoutMs)],
        ...(process.env.CI ? ['--forbid-only'] : []),
        ...['--reporter', 'test/tools/runner/reporter.cjs'],
        ...['--reporter-option', `kind=${extra.length > 0 ? 'spec' : tier.reporter}`],
        ...['--reporter-option', `result=${result}`],
        ...extra,
        ...(namesFiles ? [] : tier.files),
        ...(namesFiles ? [] : (tier.ignore ?? []).flatMap((pattern) => ['--ignore', pattern])),
      ],
      {
        env: withCoverage ? coverageEnvironment : {},
        limitMs: tier.limitMinutes * 60_000,
      },
    );
    if (late) {
      console.error(`Killed after ${tier.limitMinutes} minutes.`);
    }
    const { passed, failed, skipped } = readResult(result);
    const judged = failed + judgeSkipped(skipped, tier.pendingFails);
    // Mocha may fail without a failed test: nothing ran, a file did not load, the process did not end.
    return { passed, failed: Math.max(judged, code === 0 ? 0 : 1), skipped: skipped.length };
  } finally {
    forget();
    process.removeListener('exit', forget);
  }
}
