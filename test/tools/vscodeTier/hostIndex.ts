// Bundled into the folder of the built tests and loaded by the editor inside its extension host, desktop and
// code-server alike: runs mocha there, and writes what it says and counts into files that the tier reads.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { format } from 'node:util';

/** What the tier wants of the extension host, in the environment variable VM_DECK_TEST_RUN. */
export interface HostRun {
  readonly files: readonly string[];
  readonly grep?: string;
  readonly timeoutMs: number;
  readonly forbidOnly: boolean;
  /** What the reporter prints is added to this file: the console of a host does not reach everybody. */
  readonly outputFile: string;
  /** `{ passed, failed, skipped }` is written here at the end. */
  readonly resultFile: string;
}

/** Called by the editor. Rejects if a test failed or none ran. */
export async function run(): Promise<void> {
  const wanted = JSON.parse(process.env['VM_DECK_TEST_RUN'] ?? '') as HostRun;
  const { default: Mocha } = await import('mocha');
  Mocha.reporters.Base.consoleLog = (...words: unknown[]) => {
    fs.appendFileSync(wanted.outputFile, `${format(...words)}\n`);
  };
  const mocha = new Mocha({
    ui: 'bdd',
    color: false,
    reporter: 'spec',
    timeout: wanted.timeoutMs,
    forbidOnly: wanted.forbidOnly,
    ...(wanted.grep === undefined ? {} : { grep: wanted.grep }),
  });
  for (const file of wanted.files) {
    mocha.addFile(path.join(import.meta.dirname, file));
  }
  const skipped: string[] = [];
  const { passes, failures, tests } = await new Promise<Mocha.Stats>((resolve, reject) => {
    const runner = mocha.run(() => {
      if (runner.stats === undefined) {
        reject(new Error('mocha did not count'));
      } else {
        resolve(runner.stats);
      }
    });
    runner.on('pending', (test) => skipped.push(test.fullTitle()));
  });
  fs.writeFileSync(
    wanted.resultFile,
    JSON.stringify({ passed: passes, failed: failures, skipped }),
  );
  if (failures > 0 || tests === 0) {
    throw new Error(tests === 0 ? 'No test ran.' : `${failures} tests failed.`);
  }
}
