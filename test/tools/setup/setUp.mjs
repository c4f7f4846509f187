import { installNpmPackages } from './npmPackages.mjs';
import { installDebianPackages } from './debianPackages.mjs';
import { obtainGuestParts } from './guestParts.mjs';
import { obtainLibvirtSource } from './libvirtSource.mjs';

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
  return { passed: 0, failed: 0, skipped: 0 };
}
