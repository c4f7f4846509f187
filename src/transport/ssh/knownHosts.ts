import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A line of a known_hosts file that could be read. */
export interface KnownHostsEntry {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** As written: patterns with commas, or one hashed name. */
  readonly names: string;
  readonly keyType: string;
  /** The public key in SSH's own encoding. */
  readonly key: Buffer;
}

/** What known_hosts says about the key that a host shows. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'revoked'; readonly entries: readonly KnownHostsEntry[] }
  /** There are keys of the host, and this is none of them. */
  | { readonly kind: 'changed'; readonly entries: readonly KnownHostsEntry[] }
  | {
      readonly kind: 'unknown';
      /** Types of the host's keys that could not be compared, since they were not asked for. */
      readonly otherKeyTypes: readonly string[];
      /** Whether an authority is named that could vouch for the host by a certificate. */
      readonly hasAuthority: boolean;
    };

/** Reads a known_hosts file. Comments and what cannot be read are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHostsEntry[] {
  return text.split('\n').flatMap((line, index) => {
    const entry = parseLine(line.replace(/\r$/, ''));
    return entry ? [{ ...entry, file, line: index + 1 }] : [];
  });
}

function parseLine(line: string): Omit<KnownHostsEntry, 'file' | 'line'> | undefined {
  const words = line.trim().split(/[ \t]+/);
  let marker: KnownHostsEntry['marker'];
  if (words[0]?.startsWith('@')) {
    const name = words.shift();
    if (name !== '@revoked' && name !== '@cert-authority') {
      return undefined;
    }
    marker = name === '@revoked' ? 'revoked' : 'cert-authority';
  }
  const [names = '', keyType = '', encoded = ''] = words;
  if (names === '' || names.startsWith('#') || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
    return undefined;
  }
  const key = Buffer.from(encoded, 'base64');
  // The type is told twice; where the two differ, the line cannot be meant
  return keyTypeOf(key) === keyType ? { marker, names, keyType, key } : undefined;
}

/** The type that a public key in SSH's encoding begins with; undefined if it is none. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) {
    return undefined;
  }
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 && length + 4 <= key.length
    ? key.toString('latin1', 4, 4 + length)
    : undefined;
}

/** The name under which a host's keys are kept: with its port unless that is 22. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether an entry's names include `name` (formed by {@link knownHostsName}). */
export function matchesName({ names }: Pick<KnownHostsEntry, 'names'>, name: string): boolean {
  const wanted = name.toLowerCase();
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(names);
  if (hashed) {
    const [, salt = '', hash = ''] = hashed;
    const expected = hashName(wanted, Buffer.from(salt, 'base64'));
    const found = Buffer.from(hash, 'base64');
    return found.length === expected.length && timingSafeEqual(found, expected);
  }
  let isMatch = false;
  for (const pattern of names.toLowerCase().split(',')) {
    const isNegated = pattern.startsWith('!');
    if (matchesWildcards(wanted, isNegated ? pattern.slice(1) : pattern)) {
      if (isNegated) {
        return false;
      }
      isMatch = true;
    }
  }
  return isMatch;
}

/** `*` stands for any text, `?` for any one character. Takes time in proportion to the product of the lengths. */
export function matchesWildcards(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const expected = pattern[inPattern];
    if (expected === '*') {
      star = inPattern++;
      resume = at;
    } else if (expected === '?' || expected === text[at]) {
      at++;
      inPattern++;
    } else if (star >= 0) {
      inPattern = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') {
    inPattern++;
  }
  return inPattern === pattern.length;
}

/**
 * What to make of the key that a host shows.
 * @param name formed by {@link knownHostsName}
 * @param comparable the key types that were asked for, most wanted first: a host that has a key of such a type in
 * the files and shows another has changed
 */
export function judgeHostKey(
  entries: readonly KnownHostsEntry[],
  name: string,
  key: Buffer,
  comparable: readonly string[],
): HostKeyVerdict {
  const revoked = entries.filter(
    (entry) => entry.marker === 'revoked' && entry.key.equals(key) && matchesName(entry, name),
  );
  if (revoked.length > 0) {
    return { kind: 'revoked', entries: revoked };
  }
  const ofHost = entries.filter((entry) => entry.marker === undefined && matchesName(entry, name));
  if (ofHost.some((entry) => entry.key.equals(key))) {
    return { kind: 'known' };
  }
  const others = ofHost.filter(({ keyType }) => comparable.includes(keyType));
  if (others.length > 0) {
    return { kind: 'changed', entries: others };
  }
  const portless = /^\[(.*)\]:\d+$/.exec(name)?.[1];
  if (
    portless !== undefined &&
    entries.some(
      (entry) =>
        entry.marker === undefined && entry.key.equals(key) && matchesName(entry, portless),
    )
  ) {
    // As OpenSSH: the machine is known, only not by this port
    return { kind: 'known' };
  }
  return {
    kind: 'unknown',
    otherKeyTypes: [...new Set(ofHost.map(({ keyType }) => keyType))],
    hasAuthority: hasAuthority(entries, name),
  };
}

/** Whether a certificate authority may vouch for the host. */
export function hasAuthority(entries: readonly KnownHostsEntry[], name: string): boolean {
  return entries.some((entry) => entry.marker === 'cert-authority' && matchesName(entry, name));
}

/** The types of the keys that are known of a host, so that it can be asked for one of them first. */
export function knownKeyTypes(
  entries: readonly KnownHostsEntry[],
  name: string,
): ReadonlySet<string> {
  return new Set(
    entries
      .filter((entry) => entry.marker === undefined && matchesName(entry, name))
      .map(({ keyType }) => keyType),
  );
}

/** `SHA256:…`, as OpenSSH prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The line that makes a key known. */
export function knownHostsLine(
  name: string,
  key: Buffer,
  { hashed }: { readonly hashed: boolean },
): string {
  const salt = randomBytes(20);
  const names = hashed
    ? `|1|${salt.toString('base64')}|${hashName(name.toLowerCase(), salt).toString('base64')}`
    : name.toLowerCase();
  return `${names} ${keyTypeOf(key) ?? ''} ${key.toString('base64')}\n`;
}

function hashName(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name).digest();
}
