import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { findProgram } from '../workbench/findProgram.ts';
import type { Profile } from '../workbench/profile.ts';
import { StartError } from './startError.ts';

const macProgram = '/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code';

/** The program of a desktop VS Code, if this machine has one and a screen to show it. */
export function findDesktopVscode(): string | undefined {
  if (process.platform === 'win32') {
    // The command in the PATH is a script for a shell; the program lies above it.
    const script = findProgram('code.cmd');
    const program = script && path.resolve(path.dirname(script), '..', 'Code.exe');
    return program !== undefined && fs.existsSync(program) ? program : undefined;
  }
  if (process.platform === 'darwin') {
    return findProgram('code') ?? (fs.existsSync(macProgram) ? macProgram : undefined);
  }
  const hasScreen = Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY']);
  const program = hasScreen ? findProgram('code') : undefined;
  // In a terminal of a remote VS Code `code` speaks to that one, which takes no extension from a folder.
  return program?.includes('remote-cli') === true ? undefined : program;
}

/** Opens a window with the extension of a folder in it, over a profile of its own. It stays when we end. */
export async function openDesktopVscode(
  program: string,
  profile: Profile,
  extension: string,
): Promise<void> {
  const argv = [
    ...['--user-data-dir', profile.userData, '--extensions-dir', profile.extensions],
    ...['--new-window', `--extensionDevelopmentPath=${extension}`],
    // Electron refuses root otherwise.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  const child = spawn(program, argv, { detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) => {
      reject(new StartError(`VS Code could not be started (${program}): ${error.message}`));
    });
    child.once('spawn', resolve);
  });
  child.unref();
}
