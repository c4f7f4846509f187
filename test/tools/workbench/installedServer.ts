import * as fs from 'node:fs';
import * as path from 'node:path';

import { cacheFolder } from '../rig/cacheFolder.ts';

/** The two files with which the installed code-server is run. */
export interface InstalledServer {
  /** The Node that it needs. */
  readonly node: string;
  readonly entry: string;
}

/** Where set-up installed code-server (`test/tools/setup/workbench.mjs`). Throws if it did not. */
export function installedServer(): InstalledServer {
  const folder = path.join(cacheFolder, 'workbench');
  const marker = path.join(folder, 'workbench.json');
  if (!fs.existsSync(marker)) {
    throw new Error('code-server is not installed. `npm run test:e2e` installs it.');
  }
  const { node, entry } = JSON.parse(fs.readFileSync(marker, 'utf8')) as InstalledServer;
  return { node: path.join(folder, node), entry: path.join(folder, entry) };
}
