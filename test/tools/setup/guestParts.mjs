import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { run } from '../runner/run.mjs';
import { updatePackageLists } from './debianPackages.mjs';
import { SetupError } from './setupError.mjs';

const folder = '.cache/guest-parts';

/** Always the newest kernel: a package that only depends on it. */
const kernelPackage = 'linux-image-cloud-amd64';
const agentPackage = 'qemu-guest-agent';

async function kernelName() {
  const { output } = await run(['apt-cache', 'depends', kernelPackage], { capture: true });
  return /Depends: (linux-image-\S+)/.exec(output)?.[1];
}

async function must(argv, options) {
  const { code, output } = await run(argv, { capture: true, ...options });
  if (code !== 0) {
    throw new SetupError(`${argv.join(' ')} failed:\n${output}`);
  }
}

async function unpack(temporary) {
  let kernel = await kernelName();
  if (kernel === undefined) {
    // The lists of packages are empty on a new machine.
    await updatePackageLists();
    kernel = await kernelName();
  }
  if (kernel === undefined) {
    throw new SetupError(`the package ${kernelPackage} is not to be had: this needs Debian's`);
  }
  // Only root has another user to download as, and that one may not write here.
  const download = ['apt-get', '-o', 'APT::Sandbox::User=root', 'download', kernel, agentPackage];
  await must(download, { cwd: temporary });
  const files = readdirSync(temporary).filter((name) => name.endsWith('.deb'));
  for (const file of files) {
    const part = file.startsWith(agentPackage) ? 'agent' : 'kernel';
    await must(['dpkg-deb', '--extract', join(temporary, file), join(temporary, part)]);
    rmSync(join(temporary, file));
  }
  // Written last: whoever sees it sees the rest.
  writeFileSync(join(temporary, 'parts.json'), `${JSON.stringify(files)}\n`);
}

/** Unpacks the guests' kernel and agent from Debian's packages, which are not installed, unless that was done. */
export async function obtainGuestParts() {
  if (existsSync(join(folder, 'parts.json'))) {
    return;
  }
  console.log('set-up: obtaining a kernel and the guest agent for the guests');
  mkdirSync('.cache', { recursive: true });
  const temporary = mkdtempSync(resolve('.cache/parts-'));
  try {
    await unpack(temporary);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
