import * as fs from 'node:fs';
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

/** Builds the extension and packs it into a file. Throws if anything is in it that should not, or the reverse. */
export async function packageExtension(file: string): Promise<Packaged> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  await mustRun([process.execPath, 'esbuild.mjs'], { cwd: root });
  await mustRun(
    [
      ...[process.execPath, 'node_modules/@vscode/vsce/vsce', 'package', '--out', file],
      // Everything is in the bundle.
      '--no-dependencies',
      // Links stay as they are in the README: there is no address to make them point to.
      ...['--no-rewrite-relative-links', '--allow-missing-repository'],
    ],
    { cwd: root, timeoutMs: 300_000 },
  );
  const archive = fs.readFileSync(file);
  const entries = zipEntries(archive);
  const problems = checkContents(entries, archive.length);
  if (problems.length > 0) {
    throw new Error(`${path.basename(file)}:\n  ${problems.join('\n  ')}`);
  }
  return { file, bytes: archive.length, entries };
}
