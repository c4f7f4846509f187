import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './run.mjs';

/** Where the report is written. */
export const coverageFolder = 'coverage';

/** The share of the core's lines that the tiers together must run. */
const leastLinesPercent = 85;

const rawFolder = join(coverageFolder, 'raw');

/** Makes Node note what it runs; every process of every tier adds a file. */
export const coverageEnvironment = { NODE_V8_COVERAGE: join(process.cwd(), rawFolder) };

/** Removes what earlier runs noted. */
export function forgetCoverage() {
  rmSync(coverageFolder, { recursive: true, force: true });
  mkdirSync(rawFolder, { recursive: true });
  // Some tests run the program as another user, and Node complains if it cannot note what ran there.
  chmodSync(rawFolder, 0o777);
}

/** Writes the report over the core, also over files that no test loads, and compares it with what it must be. */
export async function checkCoverage() {
  const { code } = await run([
    ...[process.execPath, 'node_modules/c8/bin/c8.js', 'report'],
    ...['--temp-directory', rawFolder, '--reports-dir', coverageFolder],
    ...['--all', '--src', 'src', '--include', 'src/**', '--exclude', 'src/extension/**'],
    ...['--reporter', 'html', '--reporter', 'json-summary'],
  ]);
  if (code !== 0) {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const summary = JSON.parse(readFileSync(join(coverageFolder, 'coverage-summary.json'), 'utf8'));
  const { pct, covered, total } = summary.total.lines;
  console.log(`coverage: ${pct} % of lines (${covered} of ${total})`);
  if (pct < leastLinesPercent) {
    const files = Object.entries(summary)
      .filter(([name]) => name !== 'total')
      .map(([name, { lines }]) => ({ name, missed: lines.total - lines.covered }))
      .sort((one, other) => other.missed - one.missed);
    console.error(`It must be ${leastLinesPercent} %. The most missed lines are in:`);
    for (const { name, missed } of files.slice(0, 10)) {
      console.error(`  ${missed} in ${name}`);
    }
  }
  return { passed: 0, failed: pct < leastLinesPercent ? 1 : 0, skipped: 0 };
}
