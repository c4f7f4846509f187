// Bundles into dist/: the extension, and what runs outside the editor. One entry per runtime.
import { build } from 'esbuild';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The most bytes each bundle may have: a budget, raised only with a reason. */
const budgets = {
  // All of it is needed once a host is connected; what only some use (the simulated host, …) is a part of its own
  'dist/extension.cjs': 320_000,
  'dist/exporter.cjs': 120_000,
  'dist/demo.cjs': 160_000,
  'dist/parts/demoHost.cjs': 150_000,
  'dist/parts/ssh.cjs': 600_000,
  'dist/parts/dashboard.cjs': 60_000,
  'dist/webview/dashboard.js': 80_000,
  'dist/webview/toolkit.js': 120_000,
  'dist/webview/detailPane.js': 180_000,
};

const node = {
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  minify: true,
  metafile: true,
  logLevel: 'warning',
};

const page = {
  outdir: 'dist/webview',
  bundle: true,
  platform: 'browser',
  target: 'es2023',
  format: 'esm',
  sourcemap: true,
  minify: true,
  metafile: true,
  logLevel: 'warning',
};

/** What is loaded when somebody asks for it: until then it costs nothing. */
const apart = {
  name: 'apart',
  setup: (bundling) => {
    const leave = (filter, path) => {
      bundling.onResolve({ filter }, () => ({ path, external: true }));
    };
    leave(/\/demo\/createDemoDialer\.ts$/, './parts/demoHost.cjs');
    leave(/\/dashboard\/createDashboardPanel\.ts$/, './parts/dashboard.cjs');
  },
};

/** So are the ways over SSH: the largest part, for hosts of other machines only. */
const sshApart = {
  name: 'ssh-apart',
  setup: (bundling) => {
    bundling.onResolve({ filter: /\/ssh\/createSshDialers\.ts$/ }, () => ({
      path: './parts/ssh.cjs',
      external: true,
    }));
  },
};

/** What ssh2 can do without: it tries to load machine code, and goes on when there is none. */
const withoutAddons = {
  name: 'without-addons',
  setup: (bundling) => {
    bundling.onResolve({ filter: /(\.node|^cpu-features)$/ }, ({ path }) => ({
      path,
      external: true,
    }));
  },
};

/** Controls are made once the rows stand, graphs are drawn once somebody looks closely. */
const partsOfPage = {
  name: 'parts-of-page',
  setup: (bundling) => {
    bundling.onResolve({ filter: /\/(detailPane|toolkit)\.ts$/ }, ({ path }) => ({
      path: `./${basename(path, '.ts')}.js`,
      external: true,
    }));
  },
};

/** The icons' font has one address, so that the page can ask for it before its style does. */
const plainFont = {
  name: 'plain-font',
  setup: (bundling) => {
    bundling.onResolve({ filter: /\.ttf\?/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/\?.*/, '')),
    }));
  },
};

await rm('dist', { recursive: true, force: true });
const results = await Promise.all([
  build({
    ...node,
    entryPoints: { extension: 'src/extension/extension.ts' },
    external: ['vscode'],
    plugins: [apart, sshApart],
  }),
  build({
    ...node,
    entryPoints: { 'parts/demoHost': 'src/demo/createDemoDialer.ts' },
  }),
  build({
    ...node,
    entryPoints: { 'parts/ssh': 'src/transport/ssh/createSshDialers.ts' },
    // It is started again as a thread
    define: { 'import.meta.filename': '__filename' },
    plugins: [withoutAddons],
  }),
  build({
    ...node,
    entryPoints: { 'parts/dashboard': 'src/extension/panels/dashboard/createDashboardPanel.ts' },
    external: ['vscode'],
  }),
  build({
    ...page,
    entryPoints: [
      { in: 'webview/dashboard/main.ts', out: 'dashboard' },
      { in: 'webview/dashboard/dashboard.css', out: 'dashboard' },
    ],
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
    plugins: [plainFont, partsOfPage],
  }),
  // Parts of their own, which share no file with the page: what it needs at once comes in one
  build({
    ...page,
    entryPoints: [
      { in: 'webview/dashboard/detail/detailPane.ts', out: 'detailPane' },
      { in: 'webview/shared/toolkit.ts', out: 'toolkit' },
    ],
  }),
  build({
    ...node,
    plugins: [sshApart],
    entryPoints: { exporter: 'src/metrics/exporterMain.ts', demo: 'src/demo/demoMain.ts' },
    banner: { js: '#!/usr/bin/env node' },
  }),
]);

const outputs = Object.assign({}, ...results.map(({ metafile }) => metafile.outputs));
let failed = false;
for (const [file, budget] of Object.entries(budgets)) {
  const { bytes } = outputs[file];
  console.log(`${file}: ${bytes} of ${budget} bytes`);
  failed ||= bytes > budget;
}
if (failed) {
  console.error('A bundle is over its budget: see what came in with `npx esbuild --analyze`.');
  process.exit(1);
}
