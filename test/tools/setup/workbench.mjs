import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

import { run } from '../runner/run.mjs';
import { SetupError } from './setupError.mjs';

const folder = '.cache/workbench';

/** code-server 4.139.1 is VS Code 1.139.1; its extension host needs Node 24, whatever runs us. */
const serverVersion = '4.139.1';
const nodeVersion = '24.21.0';

/** What the native module for log files is built with; without it VS Code runs, but its output channels stay empty. */
export const compilerPackages = ['python3', 'make', 'g++'];

/** The Debian packages with which a workbench is looked at: a browser, and letters for it. */
export const browserPackages = ['chromium', 'fonts-dejavu-core'];

const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

async function npm(cwd, env, ...args) {
  const { code, output } = await run(['npm', ...args, ...quiet], { cwd, env, capture: true });
  if (code !== 0) {
    throw new SetupError(`\`npm ${args.join(' ')}\` failed:\n${output}`);
  }
}

/** A folder of its own: neither its Node nor its hundreds of packages may be found from the project. */
function packageFolder(parent, name) {
  const made = join(parent, name);
  mkdirSync(made);
  const content = { name: `workbench-${name}`, version: '0.0.0', private: true };
  writeFileSync(join(made, 'package.json'), JSON.stringify(content));
  return made;
}

async function answers(program) {
  try {
    return (await run([program, '--version'], { capture: true })).code === 0;
  } catch {
    return false;
  }
}

/** Builds the one native module that matters. What it does not build is not needed: keyring, Kerberos, watchers. */
async function buildLogModule(vscode, env) {
  for (const program of compilerPackages) {
    if (!(await answers(program))) {
      console.log(
        `set-up: no ${program} here, so VS Code will show nothing in its output channels`,
      );
      return;
    }
  }
  // npm hands `ignore-scripts` of our .npmrc on to the npm it runs us in, but this script has to run
  await npm(vscode, env, 'rebuild', '@vscode/spdlog', '--ignore-scripts=false');
  if (!existsSync(join(vscode, 'node_modules/@vscode/spdlog/build/Release/spdlog.node'))) {
    throw new SetupError(
      'VS Code’s module for log files was not built: output channels stay empty',
    );
  }
}

async function install(temporary) {
  // The plain binary package: `node` nests it where the next npm install prunes it.
  const nodePackage = `node-linux-${process.arch}`;
  const node = packageFolder(temporary, 'node');
  await npm(node, {}, 'install', '--ignore-scripts', `${nodePackage}@${nodeVersion}`);
  const nodeHome = join(node, 'node_modules', nodePackage);
  const env = {
    PATH: [join(nodeHome, 'bin'), process.env.PATH].join(delimiter),
    // Native modules are built against the headers of the Node that loads them, not of the one that runs npm.
    npm_config_nodedir: nodeHome,
  };
  const server = packageFolder(temporary, 'server');
  await npm(server, env, 'install', '--ignore-scripts', `code-server@${serverVersion}`);
  const vscode = join(server, 'node_modules/code-server/lib/vscode');
  await npm(vscode, env, 'install', '--omit=dev', '--ignore-scripts');
  await npm(join(vscode, 'extensions'), env, 'install', '--omit=dev', '--ignore-scripts');
  await buildLogModule(vscode, env);
  const entry = 'server/node_modules/code-server/out/node/entry.js';
  const program = join('node/node_modules', nodePackage, 'bin/node');
  const argv = [join(temporary, program), join(temporary, entry), '--version'];
  const { code, output } = await run(argv, { capture: true, env });
  if (code !== 0) {
    throw new SetupError(`code-server was installed but does not run:\n${output}`);
  }
  // Written last: whoever sees it sees the rest. The paths in it are below the folder.
  const marker = { serverVersion, nodeVersion, node: program, entry };
  writeFileSync(join(temporary, 'workbench.json'), `${JSON.stringify(marker, null, 2)}\n`);
}

/** Whether the workbench is in the cache folder. */
export function isWorkbenchThere() {
  return existsSync(join(folder, 'workbench.json'));
}

/** Installs a VS Code that a browser shows (code-server) into the cache folder, unless it is there. */
export async function obtainWorkbench() {
  if (isWorkbenchThere()) {
    return;
  }
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new SetupError(
      'There is no VS Code for this system among the npm packages: install VS Code, so that `code` is in the PATH.',
    );
  }
  console.log(
    `set-up: installing code-server ${serverVersion} into ${folder}: once, about 1 GB, 1 to 3 minutes`,
  );
  mkdirSync('.cache', { recursive: true });
  const temporary = mkdtempSync(resolve('.cache/workbench-'));
  try {
    await install(temporary);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
