import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { run } from '../runner/run.mjs';
import { privateSources } from './aptSources.mjs';
import { updatePackageLists } from './debianPackages.mjs';
import { SetupError } from './setupError.mjs';

const folder = '.cache/libvirt-source';

/** The files that describe the protocol. They are LGPL and therefore never part of this repository. */
const wanted = [
  ...['*/src/remote/*.x', '*/src/rpc/*.x', '*/src/libvirt_internal.h'],
  '*/include/libvirt/*.h',
];

async function must(argv, options) {
  const { code, output } = await run(argv, { capture: true, ...options });
  if (code !== 0) {
    throw new SetupError(`${argv.join(' ')} failed:\n${output}`);
  }
}

async function unpack(temporary) {
  const options = privateSources(join(temporary, 'apt'));
  // A source without source packages makes this fail; what counts is whether libvirt's can be had.
  await updatePackageLists(options);
  await must(['apt-get', ...options, 'source', '--download-only', '--quiet', 'libvirt'], {
    cwd: temporary,
  });
  const archive = readdirSync(temporary).find((name) => /\.orig\.tar\.\w+$/.test(name));
  const version = /_([^_]+)\.orig\./.exec(archive ?? '')?.[1];
  if (version === undefined) {
    throw new SetupError(`libvirt's source package has no upstream archive`);
  }
  const files = join(temporary, version);
  mkdirSync(files);
  await must([
    ...['tar', '--extract', '--file', join(temporary, archive), '--directory', files],
    ...['--strip-components=1', '--no-same-owner', '--wildcards', ...wanted],
  ]);
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, version), { recursive: true, force: true });
  renameSync(files, join(folder, version));
}

/** Obtains libvirt's own description of its protocol from Debian's source package, unless it is there. */
export async function obtainLibvirtSource() {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    return;
  }
  console.log("set-up: obtaining libvirt's protocol files");
  mkdirSync('.cache', { recursive: true });
  const temporary = mkdtempSync(resolve('.cache/source-'));
  try {
    await unpack(temporary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
