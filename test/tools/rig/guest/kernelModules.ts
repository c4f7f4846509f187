import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** A kernel module, not compressed. */
export interface KernelModule {
  readonly name: string;
  readonly content: Buffer;
}

/** The kernel does not tell `-` from `_` in a module's name; its files' names do. */
function plainName(file: string): string {
  return file.replace(/\.ko(\.xz)?$/, '').replaceAll('-', '_');
}

function readModule(file: string): Buffer {
  return file.endsWith('.xz')
    ? execFileSync('xz', ['--decompress', '--stdout', file], { maxBuffer: 64 * 1024 * 1024 })
    : fs.readFileSync(file);
}

/** The modules that this one says it needs, from the section in which modules describe themselves. */
function dependencies(content: Buffer): string[] {
  const mark = Buffer.from('\0depends=');
  const start = content.indexOf(mark);
  if (start < 0) {
    return [];
  }
  const from = start + mark.length;
  const list = content.toString('latin1', from, content.indexOf(0, from));
  return list.split(',').filter((name) => name !== '');
}

/**
 * Reads the modules with these names and all that they need, in the order in which they can be loaded.
 * `folder` is the kernel's below /lib/modules; what is built into the kernel is left out.
 */
export function loadOrder(folder: string, wanted: readonly string[]): KernelModule[] {
  const files = new Map(
    fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.ko(\.xz)?$/.test(file))
      .map((file) => [plainName(path.basename(file)), path.join(folder, file)]),
  );
  const builtIn = new Set(
    fs
      .readFileSync(path.join(folder, 'modules.builtin'), 'utf8')
      .split('\n')
      .map((file) => plainName(path.basename(file))),
  );
  const seen = new Set<string>();
  const order: KernelModule[] = [];
  const add = (anyName: string): void => {
    const name = plainName(anyName);
    if (seen.has(name) || builtIn.has(name)) {
      return;
    }
    seen.add(name);
    const file = files.get(name);
    if (file === undefined) {
      throw new Error(`the kernel in ${folder} has no module ${name}`);
    }
    const content = readModule(file);
    dependencies(content).forEach(add);
    order.push({ name, content });
  };
  wanted.forEach(add);
  return order;
}
