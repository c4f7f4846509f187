import { readHostSettings } from './hostSettings.ts';

/** Where a person's settings live; a workspace's win over the user's. */
export const hostScopes = ['workspace', 'user'] as const;
export type HostScope = (typeof hostScopes)[number];

/** `vmDeck.hosts` as each scope has it, whatever that is; undefined where it is not set. */
export type HostsByScope = Readonly<Record<HostScope, unknown>>;

/** What of an entry a person chooses. */
export interface HostFields {
  readonly uri: string;
  readonly readOnly?: boolean;
}

type Entries = Readonly<Record<string, unknown>>;

/** The scope whose value is not an object of hosts: nothing can be put into it without losing what is there. */
export function brokenScope(scopes: HostsByScope): HostScope | undefined {
  return hostScopes.find(
    (scope) => scopes[scope] !== undefined && scopes[scope] !== null && !isEntries(scopes[scope]),
  );
}

/** Where a host is edited: the scope that has the last word on it. */
export function scopeOf(scopes: HostsByScope, name: string): HostScope | undefined {
  return hostScopes.find((scope) => Object.hasOwn(entriesOf(scopes, scope), name));
}

/** The names of all hosts, in any scope. */
export function hostNames(scopes: HostsByScope): ReadonlySet<string> {
  return new Set(hostScopes.flatMap((scope) => Object.keys(entriesOf(scopes, scope))));
}

/** Adds a host to the user's settings, after all others if any has a place of its own. */
export function addHost(scopes: HostsByScope, name: string, fields: HostFields): HostsByScope {
  const orders = readHostSettings(merged(scopes))
    .map(({ order }) => order)
    .filter((order) => order < Number.MAX_SAFE_INTEGER);
  const order = orders.length === 0 ? {} : { order: Math.max(...orders) + 1 };
  return withEntries(scopes, 'user', {
    ...entriesOf(scopes, 'user'),
    [name]: { ...known(fields), ...order },
  });
}

/** Changes a host where it is defined, and its name wherever it stands; all else of it is kept. */
export function changeHost(
  scopes: HostsByScope,
  name: string,
  { name: newName = name, ...fields }: Partial<HostFields> & { readonly name?: string },
): HostsByScope {
  const edited = scopeOf(scopes, name);
  return mapScopes(scopes, (entries, scope) =>
    Object.entries(entries).map(([key, value]) =>
      key === name
        ? [newName, scope === edited ? { ...sound(value), ...known(fields) } : value]
        : [key, value],
    ),
  );
}

/** Takes hosts out of every scope. */
export function removeHosts(scopes: HostsByScope, names: ReadonlySet<string>): HostsByScope {
  return mapScopes(scopes, (entries) => Object.entries(entries).filter(([key]) => !names.has(key)));
}

/** Puts hosts back as they were in `before`, unless there are new ones of their names. */
export function restoreHosts(
  scopes: HostsByScope,
  before: HostsByScope,
  names: ReadonlySet<string>,
): HostsByScope {
  const taken = hostNames(scopes);
  return mapScopes(scopes, (entries, scope) => [
    ...Object.entries(entries),
    ...Object.entries(entriesOf(before, scope)).filter(
      ([key]) => names.has(key) && !taken.has(key),
    ),
  ]);
}

/** Swaps a host with its neighbour and numbers all hosts from 1, each where it is defined. */
export function moveHost(scopes: HostsByScope, name: string, by: -1 | 1): HostsByScope {
  const all = merged(scopes);
  // What is no object has no place to write the number to
  const names = readHostSettings(all)
    .map((entry) => entry.name)
    .filter((key) => isEntries(all[key]));
  const from = names.indexOf(name);
  const other = names[from + by];
  if (from < 0 || other === undefined) {
    return scopes;
  }
  names[from + by] = name;
  names[from] = other;
  return mapScopes(scopes, (entries, scope) =>
    Object.entries(entries).map(([key, value]) =>
      isEntries(value) && scopeOf(scopes, key) === scope
        ? [key, { ...value, order: names.indexOf(key) + 1 }]
        : [key, value],
    ),
  );
}

/** What a host's entry says, for a form to start from; empty where it says nothing usable. */
export function hostFields(
  scopes: HostsByScope,
  name: string,
): { readonly uri: string; readonly readOnly: boolean } {
  const value = merged(scopes)[name];
  const { uri, readOnly } = isEntries(value) ? value : {};
  return { uri: typeof uri === 'string' ? uri : '', readOnly: readOnly === true };
}

/** As the editor merges them: objects by key, a workspace's values over the user's. */
function merged(scopes: HostsByScope): Entries {
  const result = new Map(Object.entries(entriesOf(scopes, 'user')));
  for (const [key, value] of Object.entries(entriesOf(scopes, 'workspace'))) {
    const below = result.get(key);
    result.set(key, isEntries(below) && isEntries(value) ? { ...below, ...value } : value);
  }
  return Object.fromEntries(result);
}

function mapScopes(
  scopes: HostsByScope,
  map: (entries: Entries, scope: HostScope) => readonly (readonly [string, unknown])[],
): HostsByScope {
  return hostScopes.reduce(
    (result, scope) =>
      withEntries(result, scope, Object.fromEntries(map(entriesOf(scopes, scope), scope))),
    scopes,
  );
}

/** A scope keeps its very value where nothing changed in it, so that nothing is written there. */
function withEntries(scopes: HostsByScope, scope: HostScope, entries: Entries): HostsByScope {
  const isSame = JSON.stringify(entriesOf(scopes, scope)) === JSON.stringify(entries);
  return isSame ? scopes : { ...scopes, [scope]: entries };
}

function entriesOf(scopes: HostsByScope, scope: HostScope): Entries {
  const value = scopes[scope];
  return isEntries(value) ? value : {};
}

function isEntries(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const types: Readonly<Record<string, string>> = {
  order: 'number',
  autoConnect: 'boolean',
  readOnly: 'boolean',
  ssh: 'string',
};

/** An entry without values that no reader could use; what is not known is somebody's, and kept. */
function sound(value: unknown): Entries {
  return Object.fromEntries(
    Object.entries(isEntries(value) ? value : {}).filter(
      ([key, field]) => types[key] === undefined || typeof field === types[key],
    ),
  );
}

function known({ uri, readOnly }: Partial<HostFields>): Entries {
  return {
    ...(uri === undefined ? {} : { uri }),
    // "No" is said too, since it may stand against another scope's yes
    ...(readOnly === undefined ? {} : { readOnly }),
  };
}
