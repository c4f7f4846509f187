import * as fs from 'node:fs';
import * as path from 'node:path';

import type { Profile, Settings } from '../workbench/profile.ts';
import type { LocalHost } from './localHost.ts';

const hostsSetting = 'vmDeck.hosts';

/** Settings with a host, or undefined when they name hosts already or are not plain JSON: then they are a person's. */
function withHost(text: string, host: LocalHost): string | undefined {
  let settings: Settings;
  try {
    settings = JSON.parse(text) as Settings;
  } catch {
    return undefined;
  }
  if (hostsSetting in settings) {
    return undefined;
  }
  const hosts = { [host.name]: { uri: host.uri, order: 1, autoConnect: true } };
  return `${JSON.stringify({ ...settings, [hostsSetting]: hosts }, null, 2)}\n`;
}

/**
 * Writes this machine's libvirt into a profile's settings, once: a host that the person removed is not put there
 * again. A new profile also gets `settings`; those of an old one are left as they are. Returns whether it wrote the host.
 */
export function offerHost(
  profile: Profile,
  settings: Settings,
  host: LocalHost | undefined,
): boolean {
  if (!fs.existsSync(profile.settingsFile)) {
    fs.writeFileSync(profile.settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  }
  const note = path.join(profile.folder, 'host-offered');
  if (host === undefined || fs.existsSync(note)) {
    return false;
  }
  fs.writeFileSync(note, '');
  const changed = withHost(fs.readFileSync(profile.settingsFile, 'utf8'), host);
  if (changed === undefined) {
    return false;
  }
  fs.writeFileSync(profile.settingsFile, changed);
  return true;
}
