import * as path from 'node:path';

/** The checkout's folder. */
const checkoutFolder = path.resolve(import.meta.dirname, '../../..');

/** Where what was obtained or built for the tests is kept; git ignores it and it may be deleted at any time. */
export const cacheFolder = path.join(checkoutFolder, '.cache');
