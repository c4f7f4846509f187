import {
  launchWorkbench,
  savePicture,
  type StartedWorkbench,
  type WorkbenchOptions,
} from './launchWorkbench.ts';

const launched: StartedWorkbench[] = [];

/**
 * Launches a workbench for tests. If a test fails, a picture of every workbench that runs is saved. Stop it in
 * `after`; what is left at the end of all tests is stopped then.
 */
export async function startWorkbench(options: WorkbenchOptions = {}): Promise<StartedWorkbench> {
  const started = await launchWorkbench(options);
  launched.push(started);
  return started;
}

// At the top of a file these are hooks of mocha's root suite.
afterEach(async function () {
  const test = this.currentTest;
  if (test?.state === 'failed') {
    for (const started of launched.filter(({ isStopped }) => !isStopped)) {
      await savePicture(started, test.fullTitle());
    }
  }
});
after(async () => {
  for (const started of launched.filter(({ isStopped }) => !isStopped)) {
    await started.stop();
  }
});
