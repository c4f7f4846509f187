import { existsSync, readFileSync } from 'node:fs';

import { run } from '../runner/run.mjs';
import { SetupError } from './setupError.mjs';

const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

/** Whether node_modules has what package-lock.json asks for: npm keeps a list of what it put there. */
function isInstalled() {
  const listOfInstalled = 'node_modules/.package-lock.json';
  if (!existsSync(listOfInstalled)) {
    return false;
  }
  const installed = read(listOfInstalled);
  return Object.entries(read('package-lock.json')).every(([path, wanted]) => {
    // The project itself, and packages for other systems.
    if (path === '' || (wanted.optional && installed[path] === undefined)) {
      return true;
    }
    return installed[path]?.version === wanted.version;
  });
}

/** Installs the npm packages of package-lock.json unless they are there. */
export async function installNpmPackages() {
  if (isInstalled()) {
    return;
  }
  console.log('set-up: npm install');
  // Not `npm ci`: it refuses a lock file that lacks packages for other systems, which a registry that does not
  // serve those makes npm write. This installs the locked versions too, and leaves the lock file alone.
  const { code } = await run(['npm', 'install', '--no-save', '--no-audit', '--no-fund']);
  if (code !== 0) {
    throw new SetupError('`npm install` failed, see above');
  }
}
