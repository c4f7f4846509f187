// What `npm run check` runs: compares what package.json contributes with the extension's code, in both directions.
import * as fs from 'node:fs';
import * as path from 'node:path';

import { checkContributions } from './checkContributions.ts';
import { readContributions, readJson } from './manifest.ts';
import { readSources } from './sourceUse.ts';

const folder = 'src/extension';
const files = fs
  .readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => path.join(folder, name));
const sources = new Map(files.map((file) => [file, fs.readFileSync(file, 'utf8')]));
const nls = readJson('package.nls.json') as Readonly<Record<string, string>>;
const problems = checkContributions({
  contributions: readContributions(readJson('package.json'), nls),
  nls,
  source: readSources(sources),
  fileExists: (file) => fs.existsSync(file),
});
for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length > 0 ? 1 : 0;
