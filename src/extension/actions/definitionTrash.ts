import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../../base/clock.ts';
import type { DeletedDefinition } from '../../operations/deleteDefinition.ts';

/** A definition that is about to be deleted. */
export interface TrashedDefinition extends DeletedDefinition {
  readonly host: string;
}

/** A definition that was deleted, and when: in milliseconds since the epoch. */
export interface KeptDefinition extends TrashedDefinition {
  readonly deletedAt: number;
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
    const now = this.#clock.now();
    const time = new Date(now).toISOString().replaceAll(/[-:.]/g, '');
    const path = join(this.#folder, `${time}-${definition.uuid}-${randomUUID()}${ending}`);
    // Not the ending of a definition, so that nobody takes half of one for the whole
    const unfinished = `${path}.new`;
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(`${heading(definition, now)}\n${definition.xml}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await this.#prune();
    return path;
  }

  /** What was deleted, the last first; a file that is none of ours is left out. @throws Error of the file system */
  async list(): Promise<readonly KeptDefinition[]> {
    const kept: KeptDefinition[] = [];
    for (const name of (await this.#names()).reverse()) {
      const text = await readFile(join(this.#folder, name), 'utf8').catch(() => ''); // pruned meanwhile
      const definition = parse(text);
      if (definition) {
        kept.push(definition);
      }
    }
    return kept;
  }

  /** Of all that are kept, the oldest first: names begin with the time. */
  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith(ending)).sort();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return []; // nothing was deleted yet
      }
      throw error;
    }
  }

  async #prune(): Promise<void> {
    const names = await this.#names();
    for (const name of names.slice(0, -keptAtMost)) {
      await rm(join(this.#folder, name), { force: true }); // another window may have been faster
    }
  }
}

/** What the XML does not tell, for people and for {@link parse}: a comment, in which two dashes may not stand together. */
function heading({ xml: _, ...facts }: TrashedDefinition, deletedAt: number): string {
  const text = JSON.stringify({ ...facts, deletedAt }).replaceAll('--', String.raw`-\u002d`);
  return `<!-- Deleted by VM Deck: ${text} -->`;
}

const factsSchema = v.object({
  host: v.string(),
  uuid: v.string(),
  name: v.string(),
  autostart: v.boolean(),
  deletedAt: v.number(),
});

function parse(text: string): KeptDefinition | undefined {
  const end = text.indexOf('\n');
  const facts = /^<!-- Deleted by VM Deck: (.*) -->$/.exec(text.slice(0, Math.max(0, end)))?.[1];
  if (facts === undefined) {
    return undefined;
  }
  try {
    const parsed = v.safeParse(factsSchema, JSON.parse(facts));
    return parsed.success ? { ...parsed.output, xml: text.slice(end + 1) } : undefined;
  } catch {
    return undefined; // somebody wrote into it
  }
}
