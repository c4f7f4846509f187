import * as fs from 'node:fs';
import * as path from 'node:path';

import type { Profile, Settings } from '../workbench/profile.ts';
import type { LocalHost } from './localHost.ts';

const hostsSetting = 'vmDeck.hosts';

/** Settings with a host before those that we offered; undefined when others are there, or no plain JSON: a person's. */
function withHost(text: string, host: LocalHost, offered: ReadonlySet<string>): string | undefined {
  let settings: Settings;
  try {
    settings = JSON.parse(text) as Settings;
  } catch {
    return undefined;
  }
  const present = (settings[hostsSetting] ?? {}) as Readonly<Record<string, { uri?: unknown }>>;
  const isOurs = Object.values(present).every(({ uri }) => offered.has(String(uri)));
  if (hostsSetting in settings && (!isOurs || Object.keys(present).length === 0)) {
    return undefined;
  }
  const hosts: Record<string, object> = {
    [host.name]: { uri: host.uri, order: 1, autoConnect: true },
  };
  for (const [name, entry] of Object.entries(present)) {
    hosts[name] ??= { ...entry, order: Object.keys(hosts).length + 1 };
  }
  return `${JSON.stringify({ ...settings, [hostsSetting]: hosts }, null, 2)}\n`;
}

/**
 * Writes a host into a profile's settings, once: a host that the person removed is not put there again. A new
 * profile also gets `settings`; those of an old one are left as they are. Returns whether it wrote the host.
 */
export function offerHost(profile: Profile, settings: Settings, host: LocalHost): boolean {
  if (!fs.existsSync(profile.settingsFile)) {
    fs.writeFileSync(profile.settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  }
  const note = path.join(profile.folder, 'hosts-offered');
  const offered = new Set(fs.existsSync(note) ? fs.readFileSync(note, 'utf8').split('\n') : []);
  if (offered.has(host.uri)) {
    return false;
  }
  fs.appendFileSync(note, `${host.uri}\n`);
  const changed = withHost(fs.readFileSync(profile.settingsFile, 'utf8'), host, offered);
  if (changed === undefined) {
    return false;
  }
  fs.writeFileSync(profile.settingsFile, changed);
  return true;
}
