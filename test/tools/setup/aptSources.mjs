import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { SetupError } from './setupError.mjs';

/** The machine's lists of package sources; apt reads no others. */
function machineLists() {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return ['/etc/apt/sources.list', ...names.map((name) => join(folder, name))].filter(
    (file) => /\.(list|sources)$/.test(file) && existsSync(file),
  );
}

/** The one-line format: a `deb` line for binary packages becomes a `deb-src` line. */
function sourceLines(text) {
  return text
    .split('\n')
    .filter((line) => /^\s*deb\s/.test(line))
    .map((line) => line.replace(/^\s*deb\s/, 'deb-src '))
    .join('\n');
}

/** The deb822 format: the types of each stanza become `deb-src`. */
function sourceStanzas(text) {
  return text
    .replace(/^#.*\n/gm, '')
    .split(/\n\s*\n/)
    .filter((stanza) => /^URIs:/im.test(stanza) && !/^Enabled:\s*no\b/im.test(stanza))
    .map((stanza) => stanza.replace(/^Types:.*$/im, 'Types: deb-src'))
    .join('\n\n');
}

/**
 * Writes lists of the machine's own package sources, but for source packages, and returns the options that make
 * apt-get use them. The machine's lists and caches stay as they are.
 */
export function privateSources(folder) {
  const parts = join(folder, 'sources.list.d');
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
  mkdirSync(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  mkdirSync(parts);
  const lists = machineLists();
  if (lists.length === 0) {
    throw new SetupError(
      "libvirt's protocol files come from Debian's source package: this needs apt",
    );
  }
  for (const [index, file] of lists.entries()) {
    const text = readFileSync(file, 'utf8');
    const oneLine = file.endsWith('.list');
    const name = `${index}.${oneLine ? 'list' : 'sources'}`;
    writeFileSync(join(parts, name), `${oneLine ? sourceLines(text) : sourceStanzas(text)}\n`);
  }
  return Object.entries({
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': parts,
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
  }).flatMap(([option, value]) => ['-o', `${option}=${value}`]);
}
