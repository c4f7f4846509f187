// Mocha's reporter for the runner: one of its own for the eyes, and the counts and the skipped tests for the runner.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

/** How long after the last test the process may go on by itself. */
const graceMs = 10_000;

module.exports = class RunnerReporter {
  #inner;

  constructor(runner, options) {
    const { kind, result } = options.reporterOptions;
    this.#inner = new reporters[kind](runner, options);
    const skipped = [];
    runner.on('pending', (test) => {
      skipped.push(test.fullTitle());
    });
    runner.on('end', () => {
      const { passes, failures } = runner.stats;
      writeFileSync(result, JSON.stringify({ passed: passes, failed: failures, skipped }));
      // Node 20 was seen not to end after that, turning for ever in the clean-up of its handles (Environment::CleanupHandles)
      process.on('exit', (code) => process.reallyExit(code));
      setTimeout(() => {
        const open = process.getActiveResourcesInfo().join(', ');
        console.error(`The tests are over but the process does not end; it holds: ${open}`);
        process.exit(1);
      }, graceMs).unref();
    });
  }

  done(failures, callback) {
    if (this.#inner.done) {
      this.#inner.done(failures, callback);
    } else {
      callback(failures);
    }
  }
};
