import * as fs from 'node:fs';
import * as path from 'node:path';

import { packageExtension } from '../packaging/packageExtension.ts';
import { cacheFolder } from '../rig/cacheFolder.ts';
import { mustRun } from '../rig/command.ts';
import { findBrowser } from '../workbench/browser.ts';
import {
  createProfile,
  openProfile,
  type Profile,
  quietSettings,
  removeProfile,
  testSettings,
} from '../workbench/profile.ts';
import { installExtension, type Server, startServer } from '../workbench/server.ts';
import { checkView } from './checkView.ts';
import { findDesktopVscode, openDesktopVscode } from './desktopVscode.ts';
import { demoHost } from './demoHost.ts';
import { type LocalHost, localHost, ownSocketEnvironment } from './localHost.ts';
import { offerHost } from './offerHost.ts';
import { openInBrowser } from './openInBrowser.ts';
import { Steps } from './steps.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** The start profile is the person's: it is kept from one start to the next, and apart from their own VS Code's. */
const profileFolder = path.join(cacheFolder, 'start-profile');

/** What `npm start` is told, and how it obtains what may be missing. */
export interface StartOptions {
  readonly check: boolean;
  readonly obtainServer: () => Promise<void>;
  readonly obtainBrowser: () => Promise<void>;
  /** Has something called when we are interrupted, and waited for; returns what takes that back. */
  readonly atInterrupt: (close: () => Promise<void>) => () => void;
}

/** @returns the host that a new profile has in its settings */
async function prepare(profile: Profile, settings = quietSettings): Promise<LocalHost> {
  const local = await localHost(ownSocketEnvironment());
  const host = local ?? demoHost;
  const isNew = offerHost(profile, settings, host);
  if (local === undefined) {
    const shown = isNew ? ': a simulated host shows what VM Deck does' : '';
    console.log(`No libvirt answers on this machine${shown}.`);
  } else if (isNew) {
    console.log(`Found libvirt on this machine (${host.uri}): it is in VM Deck's hosts.`);
  }
  return host;
}

async function openDesktop(program: string, steps: Steps): Promise<void> {
  await steps.run('build', () => mustRun([process.execPath, 'esbuild.mjs'], { cwd: root }));
  const profile = openProfile(path.join(profileFolder, 'desktop'));
  await prepare(profile);
  await steps.run('VS Code', () => openDesktopVscode(program, profile, root));
  console.log(`\nVS Code (${program}) opens with VM Deck in its activity bar, on the left.`);
}

async function startCodeServer(
  profile: Profile,
  options: StartOptions,
  steps: Steps,
): Promise<Server> {
  await steps.run('VS Code (code-server)', options.obtainServer);
  const file = path.join(cacheFolder, 'vm-deck-start.vsix');
  await steps.run('build and package', () => packageExtension(file));
  await steps.run('install VM Deck', () => installExtension(profile, file));
  fs.rmSync(file);
  return steps.run('server', () => startServer(profile));
}

async function check(options: StartOptions, steps: Steps): Promise<number> {
  if (findBrowser() === undefined) {
    await steps.run('Chromium', options.obtainBrowser);
  }
  const profile = createProfile({});
  fs.rmSync(profile.settingsFile);
  let server: Server | undefined;
  const end = async () => {
    await server?.stop();
    removeProfile(profile);
  };
  const forget = options.atInterrupt(end);
  try {
    const host = await prepare(profile, testSettings);
    server = await startCodeServer(profile, options, steps);
    await checkView(server.url, host, steps);
  } finally {
    await steps.run('end', end);
    forget();
  }
  steps.end();
  return 0;
}

/** Opens a VS Code with VM Deck in it, or with `check` sees whether that works. Returns the exit status. */
export async function start(options: StartOptions): Promise<number> {
  const steps = new Steps();
  if (options.check) {
    return check(options, steps);
  }
  const desktop = findDesktopVscode();
  if (desktop !== undefined) {
    await openDesktop(desktop, steps);
    return 0;
  }
  const profile = openProfile(path.join(profileFolder, 'code-server'));
  await prepare(profile);
  const server = await startCodeServer(profile, options, steps);
  const interrupt = new AbortController();
  options.atInterrupt(() => {
    interrupt.abort();
    return server.stop();
  });
  const url = `${server.url}/?ew=true`;
  console.log(`\nVS Code with VM Deck: ${url}\nOnly this machine reaches it. Ctrl+C ends it.`);
  openInBrowser(url);
  await server.ended;
  if (interrupt.signal.aborted) {
    return 0;
  }
  console.error(`code-server has ended; what it said is in ${server.logFile}`);
  return 1;
}
