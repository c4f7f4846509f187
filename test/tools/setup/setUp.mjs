import { installNpmPackages } from './npmPackages.mjs';
import { installDebianPackages } from './debianPackages.mjs';
import { obtainGuestParts } from './guestParts.mjs';
import { obtainLibvirtSource } from './libvirtSource.mjs';
import { desktopIsToBeHad } from './desktopVscode.mjs';
import {
  browserPackages,
  compilerPackages,
  isWorkbenchThere,
  obtainWorkbench,
} from './workbench.mjs';

/** A VS Code in the cache folder, and the browser that shows it. */
async function obtainBrowserWorkbench() {
  await installDebianPackages([
    ...browserPackages,
    ...(isWorkbenchThere() ? [] : compilerPackages),
  ]);
  await obtainWorkbench();
}

/** Obtains what the chosen tiers need and do not find. */
export async function setUp(needs) {
  await installNpmPackages();
  await installDebianPackages(needs.flatMap((need) => need.packages ?? []));
  if (needs.some((need) => need.guestParts)) {
    await obtainGuestParts();
  }
  if (needs.some((need) => need.libvirtSource)) {
    await obtainLibvirtSource();
  }
  const workbench = new Set(needs.map((need) => need.workbench));
  if (workbench.has('always') || (workbench.has('unlessDesktop') && !(await desktopIsToBeHad()))) {
    await obtainBrowserWorkbench();
  }
  return { passed: 0, failed: 0, skipped: 0 };
}
