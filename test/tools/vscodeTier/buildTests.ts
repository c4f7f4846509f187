import { build } from 'esbuild';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** The built tests: file names in `folder`, and the module that the editor loads. */
export interface BuiltTests {
  readonly folder: string;
  readonly index: string;
  readonly files: readonly string[];
}

/** Bundles each test file for the extension host, which knows neither TypeScript nor tsx. */
export async function buildTests(
  root: string,
  folder: string,
  sources: readonly string[],
): Promise<BuiltTests> {
  fs.rmSync(folder, { recursive: true, force: true });
  const names = sources.map((source) => source.replace(/\.ts$/, '').replace(/[^\w.-]+/g, '-'));
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: path.join(import.meta.dirname, 'hostIndex.ts'), out: 'index' },
      ...sources.map((source, at) => ({ in: path.resolve(root, source), out: names[at]! })),
    ],
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    // Inlined where it is used: CommonJS has none of these.
    define: { 'import.meta.dirname': '__dirname' },
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return {
    folder,
    index: path.join(folder, 'index.cjs'),
    files: names.map((name) => `${name}.cjs`),
  };
}
