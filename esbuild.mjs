// Bundles what runs outside the editor into dist/. One entry per runtime.
import { build } from 'esbuild';
import { rm } from 'node:fs/promises';

/** The most bytes each bundle may have: a budget, raised only with a reason. */
const budgets = { 'dist/exporter.cjs': 120_000 };

await rm('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { exporter: 'src/metrics/exporterMain.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  minify: true,
  keepNames: true,
  banner: { js: '#!/usr/bin/env node' },
  metafile: true,
  logLevel: 'warning',
});

let failed = false;
for (const [file, budget] of Object.entries(budgets)) {
  const { bytes } = metafile.outputs[file];
  console.log(`${file}: ${bytes} of ${budget} bytes`);
  failed ||= bytes > budget;
}
if (failed) {
  console.error('A bundle is over its budget: see what came in with `npx esbuild --analyze`.');
  process.exit(1);
}
