import * as fs from 'node:fs';
import * as path from 'node:path';

/** The group that owns the read-write socket of a rig host. */
export const socketGroup = 'libvirt';

const emulatorUser = 'libvirt-qemu';

/** A person of the rig host who is neither root nor in libvirt's group. */
const personName = 'vmd-person';

/** Somebody who is in libvirt's group. */
const memberName = 'vmd-member';

/** A user of a rig host. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** At the same path inside the host and outside. */
  readonly home: string;
}

interface Entry {
  readonly name: string;
  readonly id: number;
}

function parse(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const [name, , id] = line.split(':');
    return name === undefined || id === undefined ? [] : [{ name, id: Number(id) }];
  });
}

/** Adds `name` to the lines of an account file unless it is there, and returns its id. */
function ensure(lines: string[], name: string, line: (id: number) => string): number {
  const entries = parse(lines.join('\n'));
  const known = entries.find((entry) => entry.name === name);
  if (known !== undefined) {
    return known.id;
  }
  const taken = new Set(entries.map((entry) => entry.id));
  let id = 64_000;
  while (taken.has(id)) {
    id++;
  }
  lines.push(line(id));
  return id;
}

function readLines(file: string): string[] {
  return fs.readFileSync(file, 'utf8').trimEnd().split('\n');
}

function joinGroup(groups: string[], group: string, user: string): void {
  const at = groups.findIndex((line) => line.startsWith(`${group}:`));
  const line = groups[at] ?? '';
  groups[at] = line.endsWith(':') ? line + user : `${line},${user}`;
}

function ensureUser(
  files: { readonly users: string[]; readonly groups: string[] },
  user: { readonly name: string; readonly home: string; readonly shell: string },
): Account {
  const { name, home, shell } = user;
  const gid = ensure(files.groups, name, (id) => `${name}:x:${id}:`);
  const uid = ensure(files.users, name, (id) => `${name}:x:${id}:${gid}::${home}:${shell}`);
  return { name, uid, gid, home };
}

/** A line of the shadow file: nobody logs in with a password until one is set. */
export function shadowLine(name: string, hash = '*'): string {
  return `${name}:${hash}:19000:0:99999:7:::`;
}

/** Who is on a rig host besides the machine's own users. */
export interface RigAccounts {
  readonly socketGroupId: number;
  readonly person: Account;
  readonly member: Account;
}

/**
 * Writes copies of the machine's account files with the users and groups that libvirt's QEMU driver refuses to start
 * without, with a person, and with a member of libvirt's group. The keeper mounts them over the real ones, inside the
 * rig host only.
 */
export function writeAccounts(
  folder: string,
  homes: { readonly person: string; readonly member: string },
): RigAccounts {
  const groups = readLines('/etc/group');
  const socketGroupId = ensure(groups, socketGroup, (id) => `${socketGroup}:x:${id}:`);
  ensure(groups, emulatorUser, (id) => `${emulatorUser}:x:${id}:`);
  const kvmId = ensure(groups, 'kvm', (id) => `kvm:x:${id}:`);

  const users = readLines('/etc/passwd');
  ensure(
    users,
    emulatorUser,
    (id) => `${emulatorUser}:x:${id}:${kvmId}::/var/lib/libvirt:/usr/sbin/nologin`,
  );
  const files = { users, groups };
  const person = ensureUser(files, { name: personName, home: homes.person, shell: '/bin/sh' });
  const member = ensureUser(files, { name: memberName, home: homes.member, shell: '/bin/bash' });
  joinGroup(groups, socketGroup, memberName);

  const shadow = readLines('/etc/shadow').concat(
    [emulatorUser, personName, memberName].map((name) => shadowLine(name)),
  );
  for (const [name, lines, mode] of [
    ['group', groups, 0o644],
    ['passwd', users, 0o644],
    ['shadow', shadow, 0o600],
  ] as const) {
    fs.writeFileSync(path.join(folder, name), `${lines.join('\n')}\n`, { mode });
  }
  return { socketGroupId, person, member };
}
