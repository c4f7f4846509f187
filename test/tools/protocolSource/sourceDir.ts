import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { protocolFiles } from './protocolSource.ts';

const project = resolve(import.meta.dirname, '../../..');

/**
 * The directory of libvirt's protocol source, as `npm test` leaves it in `.cache/libvirt-source/<version>/`; the
 * highest complete version if there are several. The files are LGPL and therefore not part of this repository.
 */
export function findProtocolSource(root: string = project): string {
  const cache = join(root, '.cache/libvirt-source');
  const shown = relative(root, cache);
  const versions = existsSync(cache)
    ? readdirSync(cache, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    : [];
  const [newest] = versions;
  if (newest === undefined) {
    throw new Error(
      `libvirt's protocol source is not in ${shown}/: run \`npm test\` once, which downloads it`,
    );
  }
  const missing = (version: string) =>
    protocolFiles.filter((path) => !existsSync(join(cache, version, path)));
  const complete = versions.find((version) => missing(version).length === 0);
  if (complete === undefined) {
    throw new Error(
      `libvirt's protocol source in ${shown}/${newest}/ lacks ${missing(newest).join(', ')}: ` +
        'delete that directory and run `npm test`, which downloads it anew',
    );
  }
  return join(cache, complete);
}
