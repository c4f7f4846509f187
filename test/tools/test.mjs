#!/usr/bin/env node
// What `npm test` runs: node test/tools/test.mjs [TIER...] [MOCHA ARGUMENT...]
// Without a tier: all of them, and the coverage of the core. `setup` obtains what the tiers need and stops.
// It runs before anything is installed, so it and what it imports are plain JavaScript without dependencies.
import { check } from './runner/check.mjs';
import { checkCoverage, coverageFolder, forgetCoverage } from './runner/coverage.mjs';
import { runMocha } from './runner/mocha.mjs';
import { endChildrenOnSignal } from './runner/run.mjs';
import { printSummary } from './runner/summary.mjs';
import { tiers } from './runner/tiers.mjs';
import { SetupError } from './setup/setupError.mjs';
import { setUp } from './setup/setUp.mjs';

const words = process.argv.slice(2);
const known = [...Object.keys(tiers), 'setup'];
const named = words.slice(
  0,
  words.concat('').findIndex((word) => !known.includes(word)),
);
const extra = words.slice(named.length);
const chosen = named.filter((name) => name !== 'setup');
const all = named.length === 0;
const names = all || chosen.length === 0 ? Object.keys(tiers) : chosen;

if (extra.length > 0 && (names.length !== 1 || tiers[names[0]].mocha === undefined)) {
  console.error(`usage: node test/tools/test.mjs [${known.join('|')}]... [MOCHA ARGUMENT...]`);
  console.error('Arguments for mocha, such as a file or --grep, need exactly one tier of tests.');
  process.exit(2);
}

endChildrenOnSignal();

/** Runs a step, times it and turns what it throws into a failed result. */
async function timed(name, step) {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  try {
    return { name, ...(await step()), seconds: seconds() };
  } catch (error) {
    // A sentence is all there is to say about what is missing; anything else is a fault of ours.
    console.error(error instanceof SetupError ? `\n${name}: ${error.message}` : error);
    return { name, failed: 1, passed: 0, skipped: 0, seconds: seconds() };
  }
}

/** Runs a tier. What it prints is printed at once, or kept, since others print too. Returns what tells its result. */
async function runTier(name, isKept) {
  const { mocha } = tiers[name];
  console.log(isKept ? `\n${name} runs beside the next; what it says follows` : `\n${name}`);
  const step = () => (mocha === undefined ? check() : runMocha(mocha, extra, all, isKept));
  const result = await timed(name, step);
  return () => {
    if (isKept) {
      console.log(`\n${name}\n${result.output ?? ''}`);
    }
    results.push(result);
    const count = `${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`;
    console.log(`${name}: ${count} in ${result.seconds.toFixed(1)} s`);
  };
}

const results = [await timed('set-up', () => setUp(names.map((name) => tiers[name].needs)))];
if (results[0].failed === 0 && !named.includes('setup')) {
  if (all) {
    forgetCoverage();
  }
  /** What was started and runs beside the next ones; each tells what came of it. */
  const meanwhile = [];
  for (const name of names) {
    if (tiers[name].waits) {
      meanwhile.push(runTier(name, names.length > 1));
    } else {
      const told = tiers[name].alone ? meanwhile.splice(0) : [];
      for (const tell of await Promise.all(told)) {
        tell();
      }
      (await runTier(name, false))();
    }
  }
  for (const tell of await Promise.all(meanwhile)) {
    tell();
  }
  if (all) {
    console.log(`\ncoverage (${coverageFolder}/index.html)`);
    results.push(await timed('coverage', checkCoverage));
  }
}
process.exitCode = printSummary(results);
