import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { DeletedDefinition } from '../../operations/deleteDefinition.ts';

/** A definition that is about to be deleted. */
export interface TrashedDefinition extends DeletedDefinition {
  readonly host: string;
}

/** So many are kept; the oldest go first. */
const keptAtMost = 100;
const ending = '.xml';

/**
 * The definitions that were deleted, as files that `virsh define` takes. They hold secrets such as the passwords
 * of consoles, so only their owner can read them. All windows write to one folder: a file appears at once and
 * whole, under a name of its own.
 */
export class DefinitionTrash {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** @returns the path of the file, once it is on the disk. @throws Error of the file system */
  async put(definition: TrashedDefinition): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const time = new Date(this.#clock.now()).toISOString().replaceAll(/[-:.]/g, '');
    const path = join(this.#folder, `${time}-${definition.uuid}-${randomUUID()}${ending}`);
    // Not the ending of a definition, so that nobody takes half of one for the whole
    const unfinished = `${path}.new`;
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(`${heading(definition)}\n${definition.xml}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await this.#prune();
    return path;
  }

  async #prune(): Promise<void> {
    // Names begin with the time, so their order is that of age
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(ending)).sort();
    for (const name of names.slice(0, -keptAtMost)) {
      await rm(join(this.#folder, name), { force: true }); // another window may have been faster
    }
  }
}

/** What the XML does not tell: a comment, in which two dashes may not stand together. */
function heading({ host, name, autostart }: TrashedDefinition): string {
  const text = `${name}, deleted from ${host}; ${autostart ? 'started' : 'did not start'} with the host`;
  return `<!-- ${text.replaceAll('--', '- -').replaceAll('--', '- -')} -->`;
}
