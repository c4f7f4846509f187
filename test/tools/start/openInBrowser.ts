import { spawn } from 'node:child_process';

import { findProgram } from '../workbench/findProgram.ts';

/** Opens an address in the person's own browser, if there is a way. It never fails: the address is printed anyway. */
export function openInBrowser(url: string): void {
  const hasScreen = Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY']);
  const opener = hasScreen ? findProgram('xdg-open') : undefined;
  if (opener === undefined) {
    return;
  }
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  child.once('error', () => undefined);
  child.unref();
}
