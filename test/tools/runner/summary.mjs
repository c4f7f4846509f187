/** Prints what each step did and took, and returns the exit status for all. */
export function printSummary(results) {
  const failed = results.some((result) => result.failed > 0);
  console.log('');
  for (const { name, passed, failed: failures, skipped, seconds } of results) {
    const counted = passed + failures + skipped > 0 && !['set-up', 'coverage'].includes(name);
    const count = counted ? `${passed} passed, ${failures} failed, ${skipped} skipped` : '';
    const verdict = failures > 0 ? 'FAILED' : 'ok';
    console.log(
      `  ${name.padEnd(12)} ${verdict.padEnd(7)} ${seconds.toFixed(1).padStart(6)} s  ${count}`,
    );
  }
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  console.log(
    `\n${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`,
  );
  return failed ? 1 : 0;
}
