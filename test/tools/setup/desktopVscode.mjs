/** Where VS Code's releases are listed; the test runner downloads from the same place. */
const releases = 'https://update.code.visualstudio.com/api/releases/stable';

const limitMs = 5_000;

async function downloadAnswers() {
  try {
    return (await fetch(releases, { signal: AbortSignal.timeout(limitMs) })).ok;
  } catch {
    return false;
  }
}

/**
 * Whether tests can run in a desktop VS Code: there is a screen to show it, Electron lets us (it refuses root), and its
 * download answers. On Windows and macOS there is nothing else to run them in.
 */
export async function desktopIsToBeHad() {
  if (process.platform !== 'linux') {
    return true;
  }
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const hasScreen = Boolean(DISPLAY) || Boolean(WAYLAND_DISPLAY);
  return hasScreen && process.getuid?.() !== 0 && (await downloadAnswers());
}
