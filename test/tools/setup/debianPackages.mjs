import { setTimeout as delay } from 'node:timers/promises';

import { run } from '../runner/run.mjs';
import { SetupError } from './setupError.mjs';

/** Runs a program and returns what it printed; a program that is not there counts as failed. */
async function quietly(argv) {
  try {
    return await run(argv, { capture: true });
  } catch {
    return { code: 127, output: '' };
  }
}

async function missingOf(packages) {
  const query = ['dpkg-query', '--show', '--showformat', '${db:Status-Status} ${Package}\n'];
  const { output } = await quietly([...query, ...packages]);
  const lines = new Set(output.split('\n'));
  return packages.filter((name) => !lines.has(`installed ${name}`));
}

/** Fetches the lists of packages. Another program may be at it: apt does not wait for that by itself. */
export async function updatePackageLists(options = []) {
  for (let attempt = 1; ; attempt++) {
    const { code, output } = await quietly(['apt-get', ...options, 'update', '--quiet']);
    if (code === 0 || attempt === 5) {
      return { code, output };
    }
    await delay(2_000 * attempt);
  }
}

/** Installs the Debian packages that are missing, or says which they are and how to install them. */
export async function installDebianPackages(packages) {
  const missing = await missingOf([...new Set(packages)]);
  if (missing.length === 0) {
    return;
  }
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing];
  const advice = `missing Debian packages: ${missing.join(' ')}\nInstall them: ${install.join(' ')}`;
  if (process.getuid?.() !== 0 || (await quietly(['apt-get', '--version'])).code !== 0) {
    throw new SetupError(advice);
  }
  console.log(`set-up: installing ${missing.join(' ')}`);
  const update = await updatePackageLists();
  const { code, output } = await run(
    [...install, '--quiet', '-o', 'DPkg::Lock::Timeout=300'],
    // In runlevel 1 Debian's packages start no service. (None of ours has one; what they pull in might.)
    { capture: true, env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } },
  );
  if (code !== 0) {
    throw new SetupError(`${update.code === 0 ? '' : update.output}${output}${advice}`);
  }
}
