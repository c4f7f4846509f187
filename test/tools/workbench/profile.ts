import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Settings of the editor or of VM Deck, by their full name. */
export type Settings = Readonly<Record<string, unknown>>;

/** Nothing that speaks to the outside, and nothing that stands in the way of what is looked at. */
export const quietSettings: Settings = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  // Finds ports of every other program of the machine, and says so.
  'remote.autoForwardPorts': false,
};

/** What tests need besides: nothing that depends on the machine, and a terminal whose text can be read. */
export const testSettings: Settings = {
  ...quietSettings,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'files.simpleDialog.enable': true,
  'window.commandCenter': false,
  'window.autoDetectColorScheme': false,
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.enablePersistentSessions': false,
};

/** The folders of one code-server: nobody's own profile is touched. */
export interface Profile {
  readonly folder: string;
  readonly userData: string;
  readonly extensions: string;
  readonly config: string;
  readonly settingsFile: string;
}

/** Makes the folders of a profile, or finds them as they are. */
export function openProfile(folder: string): Profile {
  const userData = path.join(folder, 'user');
  const extensions = path.join(folder, 'extensions');
  const config = path.join(folder, 'config.yaml');
  fs.mkdirSync(path.join(userData, 'User'), { recursive: true });
  fs.mkdirSync(extensions, { recursive: true });
  fs.writeFileSync(config, 'auth: none\n');
  const settingsFile = path.join(userData, 'User', 'settings.json');
  return { folder, userData, extensions, config, settingsFile };
}

/** Makes a new profile in a temporary folder; remove it with `removeProfile`. */
export function createProfile(settings: Settings): Profile {
  const profile = openProfile(fs.mkdtempSync(path.join(os.tmpdir(), 'vm-deck-workbench-')));
  fs.writeFileSync(profile.settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  return profile;
}

/** Removes a profile. Its server must have ended. */
export function removeProfile(profile: Profile): void {
  fs.rmSync(profile.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
