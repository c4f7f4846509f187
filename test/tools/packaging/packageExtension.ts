import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { mustRun } from '../rig/command.ts';
import { checkContents } from './checkContents.ts';
import { type ZipEntry, zipEntries } from './zipEntries.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** A package and what is in it. */
export interface Packaged {
  readonly file: string;
  readonly bytes: number;
  readonly entries: readonly ZipEntry[];
}

/** What of the project's folder .vscodeignore leaves in, by its top level: names with `*` for any part. */
function shippedNames(): readonly RegExp[] {
  return fs
    .readFileSync(path.join(root, '.vscodeignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1).split('/', 1)[0] ?? '')
    .map((name) => new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
}

/**
 * Copies what may be shipped into a folder of its own. vsce looks at every file below its folder before it leaves any
 * out, and our cache folder has thousands: from here it takes an eighth of the time.
 */
function stage(folder: string): void {
  const shipped = shippedNames();
  for (const name of fs.readdirSync(root)) {
    if (name === '.vscodeignore' || shipped.some((pattern) => pattern.test(name))) {
      fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    }
  }
}

async function pack(folder: string, file: string): Promise<void> {
  await mustRun(
    [
      ...[process.execPath, path.join(root, 'node_modules/@vscode/vsce/vsce')],
      ...['package', '--out', path.resolve(file)],
      // Everything is in the bundle.
      '--no-dependencies',
      // Links stay as they are in the README: there is no address to make them point to.
      ...['--no-rewrite-relative-links', '--allow-missing-repository'],
    ],
    { cwd: folder, timeoutMs: 300_000 },
  );
}

/** Builds the extension and packs it into a file. Throws if anything is in it that should not, or the reverse. */
export async function packageExtension(file: string): Promise<Packaged> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  await mustRun([process.execPath, 'esbuild.mjs'], { cwd: root });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vm-deck-package-'));
  try {
    stage(folder);
    await pack(folder, file);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const archive = fs.readFileSync(file);
  const entries = zipEntries(archive);
  const problems = checkContents(entries, archive.length);
  if (problems.length > 0) {
    throw new Error(`${path.basename(file)}:\n  ${problems.join('\n  ')}`);
  }
  return { file, bytes: archive.length, entries };
}
