import type { Plugin } from 'esbuild';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

/** In the bundle all files are one, so what a file says of its own place is written out. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup: (bundling) => {
    bundling.onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, async ({ path: file }) => ({
      contents: (await fs.readFile(file, 'utf8')).replaceAll(
        'import.meta.dirname',
        JSON.stringify(path.dirname(file)),
      ),
      loader: 'ts',
    }));
  },
};

/** What makes the bundle, and what measures the packaged product: found from the source only. */
const notBundled = [
  'esbuild',
  ...[
    './dashboardBench.ts',
    './editorDashboardBench.ts',
    './editorScaleBench.ts',
    './sshBench.ts',
    './workbenchBench.ts',
  ],
];

/** Makes one file of the benches and what they measure, in the way the product is bundled. */
export async function bundleBenches(entry: string, outfile: string): Promise<void> {
  // Only now: the bundle itself holds this file, and finds no esbuild where it lies
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    // A profile names what the files name
    minify: process.env['VM_DECK_BENCH_PROFILE'] === undefined,
    external: notBundled,
    plugins: [ownPlaces],
    logLevel: 'warning',
  });
}
