import * as fs from 'node:fs';
import * as path from 'node:path';

/** The group that owns the read-write socket of a rig host. */
export const socketGroup = 'libvirt';

const emulatorUser = 'libvirt-qemu';

/** A person of the rig host who is neither root nor in libvirt's group. */
const personName = 'vmd-person';

/** A user by the ids that programs are started with. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
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

/**
 * Writes copies of the machine's account files with the users and groups that libvirt's QEMU driver refuses to start
 * without, and with a person. The keeper mounts them over the real ones, inside the rig host only. Returns the socket
 * group's id and the person.
 */
export function writeAccounts(
  folder: string,
  home: string,
): { readonly socketGroupId: number; readonly person: Account } {
  const groups = readLines('/etc/group');
  const socketGroupId = ensure(groups, socketGroup, (id) => `${socketGroup}:x:${id}:`);
  ensure(groups, emulatorUser, (id) => `${emulatorUser}:x:${id}:`);
  const kvmId = ensure(groups, 'kvm', (id) => `kvm:x:${id}:`);

  const gid = ensure(groups, personName, (id) => `${personName}:x:${id}:`);

  const users = readLines('/etc/passwd');
  ensure(
    users,
    emulatorUser,
    (id) => `${emulatorUser}:x:${id}:${kvmId}::/var/lib/libvirt:/usr/sbin/nologin`,
  );
  const uid = ensure(users, personName, (id) => `${personName}:x:${id}:${gid}::${home}:/bin/sh`);

  fs.writeFileSync(path.join(folder, 'group'), `${groups.join('\n')}\n`, { mode: 0o644 });
  fs.writeFileSync(path.join(folder, 'passwd'), `${users.join('\n')}\n`, { mode: 0o644 });
  return { socketGroupId, person: { uid, gid } };
}
