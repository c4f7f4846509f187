import * as path from 'node:path';

import { cacheFolder } from '../rig/cacheFolder.ts';
import { packageExtension } from './packageExtension.ts';

let packaged: Promise<string> | undefined;

/** The packaged extension for the tests of this process: the first that asks has it built. Returns the file's path. */
export function packageOnce(): Promise<string> {
  packaged ??= packageExtension(path.join(cacheFolder, 'vm-deck.vsix')).then(({ file }) => file);
  return packaged;
}
