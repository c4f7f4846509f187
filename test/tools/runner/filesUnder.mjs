import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The files in a folder and below whose names end so, in order. */
export function filesUnder(folder, end) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name))
    .sort();
}
