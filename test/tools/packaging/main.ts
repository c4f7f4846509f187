// What `npm run package` runs: node --import tsx test/tools/packaging/main.ts
import * as fs from 'node:fs';
import * as path from 'node:path';

import { packageExtension } from './packageExtension.ts';

const { name, version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as {
  name: string;
  version: string;
};
try {
  const { file, bytes, entries } = await packageExtension(path.resolve(`${name}-${version}.vsix`));
  for (const entry of entries) {
    console.log(`${String(entry.bytes).padStart(9)}  ${entry.name}`);
  }
  console.log(`${file}: ${bytes} bytes`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
