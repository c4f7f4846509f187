import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Page } from 'playwright-core';

import { packageOnce } from '../packaging/packageOnce.ts';
import { type OpenWorkbench, openWorkbench, type Viewport } from './openWorkbench.ts';
import {
  createProfile,
  type Profile,
  removeProfile,
  type Settings,
  testSettings,
} from './profile.ts';
import { installExtension, type Server, startServer } from './server.ts';
import type { WorkbenchPage } from './workbenchPage.ts';

/** The colour themes, by what they are called here. */
const themes = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  highContrast: 'Default High Contrast',
  highContrastLight: 'Default High Contrast Light',
} as const;

export type ThemeName = keyof typeof themes;
export const themeNames = Object.keys(themes) as readonly ThemeName[];

/** A host in VM Deck's settings. */
interface HostSetting {
  readonly uri: string;
  readonly order?: number;
  readonly autoConnect?: boolean;
  readonly readOnly?: boolean;
}

/** What a test may choose about a workbench. */
export interface WorkbenchOptions {
  /** VM Deck's hosts by name, in the user's settings. */
  readonly hosts?: Readonly<Record<string, HostSetting>>;
  /** Other settings of the user. */
  readonly settings?: Settings;
  /** Settings in the opened folder's `.vscode/settings.json`. */
  readonly folderSettings?: Settings;
  /** Dark unless said otherwise. */
  readonly theme?: ThemeName;
  /** Turns workspace trust on: the opened folder is not trusted, and nobody is asked. */
  readonly trust?: boolean;
  /** Runs it as somebody who is neither root nor in libvirt's group. */
  readonly asStranger?: boolean;
  /** The user's SSH configuration, in a home of their own; they have no agent. */
  readonly sshConfig?: string;
  /** Packages of further extensions. */
  readonly extensions?: readonly string[];
  /** The size of the page in pixels. */
  readonly viewport?: Viewport;
}

/** A real workbench with the packaged extension in it; see `launchWorkbench`. */
export class StartedWorkbench {
  readonly #profile: Profile;
  readonly #server: Server;
  readonly #open: OpenWorkbench;
  #isStopped = false;

  constructor(profile: Profile, server: Server, open: OpenWorkbench) {
    this.#profile = profile;
    this.#server = server;
    this.#open = open;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get page(): Page {
    return this.#open.workbench.page;
  }

  /** What a person sees and does. */
  get ui(): WorkbenchPage {
    return this.#open.workbench;
  }

  /** The opened folder. */
  get folder(): string {
    return path.join(this.#profile.folder, 'workspace');
  }

  /** The user's home, if the workbench was started with one of its own. */
  get home(): string {
    return this.#profile.folder;
  }

  /** The file of the user's settings. */
  get settingsFile(): string {
    return this.#profile.settingsFile;
  }

  /** The user's settings as they are now. */
  userSettings(): Settings {
    return JSON.parse(fs.readFileSync(this.#profile.settingsFile, 'utf8')) as Settings;
  }

  /** Changes the user's settings from outside; without the native watcher of files, only a reload takes them over. */
  changeSettings(change: Settings): void {
    const settings = { ...this.userSettings(), ...change };
    fs.writeFileSync(this.#profile.settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  }

  /** What VM Deck and the extension host have logged so far, from all log files. */
  logs(): string {
    const folder = path.join(this.#profile.userData, 'logs');
    return fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /exthost|vm-deck/i.test(name) && name.endsWith('.log'))
      .map((name) => `== ${name}\n${fs.readFileSync(path.join(folder, name), 'utf8')}`)
      .join('\n');
  }

  /** Ends browser and server with all that they started, and removes their folders. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#open.close();
    await this.#server.stop();
    removeProfile(this.#profile);
  }
}

function prepareProfile(options: WorkbenchOptions): Profile {
  const profile = createProfile({
    ...testSettings,
    'workbench.colorTheme': themes[options.theme ?? 'dark'],
    'security.workspace.trust.enabled': options.trust === true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.banner': 'never',
    ...(options.hosts === undefined ? {} : { 'vmDeck.hosts': options.hosts }),
    ...options.settings,
  });
  const folder = path.join(profile.folder, 'workspace');
  fs.mkdirSync(path.join(folder, '.vscode'), { recursive: true });
  if (options.folderSettings !== undefined) {
    const file = path.join(folder, '.vscode', 'settings.json');
    fs.writeFileSync(file, JSON.stringify(options.folderSettings));
  }
  if (options.sshConfig !== undefined) {
    const ssh = path.join(profile.folder, '.ssh');
    fs.mkdirSync(ssh, { mode: 0o700 });
    fs.writeFileSync(path.join(ssh, 'config'), options.sshConfig, { mode: 0o600 });
  }
  return profile;
}

/**
 * Starts a real VS Code workbench (code-server) with a profile of its own, the packaged extension installed, and a
 * browser that shows it. Resolves when VM Deck's view is open. Stop it.
 */
export async function launchWorkbench(options: WorkbenchOptions = {}): Promise<StartedWorkbench> {
  const vsix = await packageOnce();
  const profile = prepareProfile(options);
  let server: Server | undefined;
  try {
    for (const file of [vsix, ...(options.extensions ?? [])]) {
      await installExtension(profile, file);
    }
    server = await startServer(profile, {
      trust: options.trust === true,
      asStranger: options.asStranger === true,
      homeInProfile: options.sshConfig !== undefined,
    });
    const folder = encodeURIComponent(path.join(profile.folder, 'workspace'));
    const open = await openWorkbench(`${server.url}/?folder=${folder}`, options.viewport);
    const started = new StartedWorkbench(profile, server, open);
    try {
      await started.ui.openVmDeck();
    } catch (error) {
      await savePicture(started, 'start');
      await started.stop();
      throw error;
    }
    return started;
  } catch (error) {
    await server?.stop();
    removeProfile(profile);
    throw error;
  }
}

/** Saves what a workbench shows and its logs, for whoever has to find out why a test failed. */
export async function savePicture(started: StartedWorkbench, title: string): Promise<void> {
  try {
    const file = await started.ui.screenshot(`failed-${title.slice(0, 120)}`);
    fs.writeFileSync(file.replace(/\.png$/, '.log'), started.logs());
    console.error(`What was seen: ${file}, and beside it what was logged`);
  } catch (error) {
    console.error(`No picture of the failed test: ${String(error)}`);
  }
}
