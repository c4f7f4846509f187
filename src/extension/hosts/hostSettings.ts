import * as v from 'valibot';
import { messageOf } from '../../base/errors.ts';
import { parseHostUri, type HostUri } from '../../libvirt/uri.ts';
import type { SshClientChoice } from '../../transport/ssh/sshTarget.ts';

/** A host as the settings describe it. */
export interface HostSettings {
  readonly name: string;
  readonly uri: HostUri;
  readonly order: number;
  readonly autoConnect: boolean;
  readonly readOnly: boolean;
  /** Which SSH client reaches it; undefined where it does not say. */
  readonly ssh?: SshClientChoice | undefined;
}

/** An entry that cannot be used: shown with what is wrong, never dropped. */
export interface BadHostSettings {
  readonly name: string;
  readonly order: number;
  /** What is wrong with it, in a sentence. */
  readonly problem: string;
}

export type HostEntry = HostSettings | BadHostSettings;

const entrySchema = v.strictObject({
  uri: v.string('"uri" is missing or is no text, such as "qemu:///system".'),
  order: v.optional(v.number('"order" is not a number.')),
  autoConnect: v.optional(v.boolean('"autoConnect" is neither true nor false.')),
  readOnly: v.optional(v.boolean('"readOnly" is neither true nor false.')),
  ssh: v.optional(
    v.picklist(['auto', 'ssh2', 'openssh'], '"ssh" is none of "auto", "ssh2" and "openssh".'),
  ),
});

/** Entries without an order come after those that have one. */
const noOrder = Number.MAX_SAFE_INTEGER;

export function isBadEntry(entry: HostEntry): entry is BadHostSettings {
  return 'problem' in entry;
}

/** Reads `vmDeck.hosts`, whatever it is: entries in their order, then by name. */
export function readHostSettings(value: unknown): readonly HostEntry[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value === undefined || value === null
      ? []
      : [
          {
            name: 'vmDeck.hosts',
            order: noOrder,
            problem: 'The setting is not an object of hosts by name.',
          },
        ];
  }
  return Object.entries(value).map(readEntry).sort(compareEntries);
}

function readEntry([name, value]: readonly [string, unknown]): HostEntry {
  const parsed = v.safeParse(entrySchema, value);
  if (!parsed.success) {
    return { name, order: orderOf(value), problem: describeIssues(parsed.issues) };
  }
  const { uri, order = noOrder, autoConnect = true, readOnly = false, ssh } = parsed.output;
  if (name.trim() === '') {
    return { name, order, problem: 'A host needs a name.' };
  }
  try {
    return { name, uri: parseHostUri(uri), order, autoConnect, readOnly, ssh };
  } catch (error) {
    return { name, order, problem: messageOf(error) };
  }
}

function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const sentences = issues.map((issue) =>
    issue.type === 'strict_object'
      ? issue.expected === 'never'
        ? `"${String(issue.path?.at(-1)?.key)}" is not known here; known are uri, order, autoConnect, readOnly and ssh.`
        : issue.path === undefined
          ? 'It is not an object with "uri".'
          : '"uri" is missing.'
      : issue.message,
  );
  return [...new Set(sentences)].join(' ');
}

function orderOf(value: unknown): number {
  const order: unknown =
    typeof value === 'object' && value !== null && 'order' in value ? value.order : undefined;
  return typeof order === 'number' ? order : noOrder;
}

function compareEntries(a: HostEntry, b: HostEntry): number {
  return a.order - b.order || a.name.localeCompare(b.name, undefined, { numeric: true });
}
