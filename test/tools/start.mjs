#!/usr/bin/env node
// What `npm start` runs: node test/tools/start.mjs [--check]
// Installs what is needed and opens a VS Code with VM Deck in it; --check only sees whether that works.
// It runs before anything is installed, so what it imports at its head is plain JavaScript without dependencies.
import { chdir } from 'node:process';
import { fileURLToPath } from 'node:url';

import { atInterrupt, endChildrenOnSignal } from './runner/run.mjs';
import { installDebianPackages } from './setup/debianPackages.mjs';
import { installNpmPackages } from './setup/npmPackages.mjs';
import { SetupError } from './setup/setupError.mjs';
import {
  browserPackages,
  compilerPackages,
  isWorkbenchThere,
  obtainWorkbench,
} from './setup/workbench.mjs';

const words = process.argv.slice(2);
if (words.some((word) => word !== '--check')) {
  console.log('usage: npm start [-- --check]');
  console.log(
    'Opens a VS Code with VM Deck in it. --check only sees whether that works, and ends.',
  );
  process.exit(words.includes('--help') ? 0 : 2);
}

chdir(fileURLToPath(new URL('../..', import.meta.url)));
endChildrenOnSignal();

/** A VS Code that a browser shows. */
async function obtainServer() {
  if (!isWorkbenchThere()) {
    try {
      await installDebianPackages(compilerPackages);
    } catch (error) {
      // It also runs without what needs compiling, and obtaining it says what is lost.
      if (!(error instanceof SetupError)) {
        throw error;
      }
    }
  }
  await obtainWorkbench();
}

try {
  await installNpmPackages();
  const { register } = await import('tsx/esm/api');
  register();
  const { start } = await import('./start/start.ts');
  const obtainBrowser = () => installDebianPackages(browserPackages);
  process.exitCode = await start({
    check: words.includes('--check'),
    ...{ obtainServer, obtainBrowser, atInterrupt },
  });
} catch (error) {
  // A sentence is all there is to say about what is missing; anything else is a fault of ours.
  const sentence =
    error instanceof SetupError || ['StartError', 'CommandError'].includes(error.name);
  console.error(sentence ? `\nnpm start: ${error.message}` : error);
  process.exitCode = 1;
}
