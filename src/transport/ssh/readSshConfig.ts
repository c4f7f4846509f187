import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import SshConfigText from 'ssh-config';
import { messageOf } from '../../base/errors.ts';
import { TransportError } from '../../libvirt/errors.ts';
import { matchesWildcards } from './knownHosts.ts';
import type { SshEnvironment } from './sshEnvironment.ts';
import { repeatedKeywords, type SshQuestion, type SshSettings } from './sshSettings.ts';

/** What was read without OpenSSH. */
export interface ReadSshConfig {
  readonly settings: SshSettings;
  /** What could not be followed, in sentences. */
  readonly unsupported: readonly string[];
  /** Names that `Host` lines give, without patterns: hosts a person may want to choose from. */
  readonly names: readonly string[];
}

type Words = readonly string[];
const maxDepth = 16;

/**
 * Reads the SSH configuration where OpenSSH is not there to be asked: the user's file, then the system's; the first
 * value of a keyword counts. Follows Include, Host and Match, but runs no command of a `Match exec`.
 * @throws TransportError of kind `sshConfig` for a file that cannot be read.
 */
export async function readSshConfig(
  question: SshQuestion,
  environment: SshEnvironment,
): Promise<ReadSshConfig> {
  const reader = new Reader(question, environment);
  const { configFile, home, systemConfigFile } = environment;
  const files = configFile === undefined ? [join(home, '.ssh', 'config'), systemConfigFile] : [];
  for (const file of configFile === undefined ? files : [configFile]) {
    await reader.readFile(file, true, 0, { isRequired: configFile !== undefined });
  }
  return reader;
}

class Reader implements ReadSshConfig {
  readonly settings = new Map<string, Words>();
  readonly unsupported: string[] = [];
  readonly names: string[] = [];
  readonly #question: SshQuestion;
  readonly #environment: SshEnvironment;

  constructor(question: SshQuestion, environment: SshEnvironment) {
    this.#question = question;
    this.#environment = environment;
    for (const [keyword, value] of [
      ['user', question.user],
      ['port', question.port],
    ] as const) {
      if (value !== undefined) {
        this.settings.set(keyword, [String(value)]);
      }
    }
  }

  async readFile(
    file: string,
    isActive: boolean,
    depth: number,
    { isRequired = false } = {},
  ): Promise<void> {
    if (depth > maxDepth) {
      throw new TransportError(
        'sshConfig',
        `The SSH configuration includes files more than ${maxDepth} deep, at last ${file}: one may include itself.`,
      );
    }
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (!isRequired && error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return;
      }
      throw unreadable(file, error);
    }
    let lines: readonly object[];
    try {
      lines = SshConfigText.parse(text);
    } catch (error) {
      throw unreadable(file, error);
    }
    await this.#follow(lines, isActive, depth);
  }

  /** @param isActive whether what stands there counts; a section that does not match is read for its names only */
  async #follow(lines: readonly object[], isActive: boolean, depth: number): Promise<void> {
    for (const line of lines) {
      if (!('param' in line) || typeof line.param !== 'string' || !('value' in line)) {
        continue;
      }
      const keyword = line.param.toLowerCase();
      const words = wordsOf(line.value);
      if ('config' in line && Array.isArray(line.config)) {
        const applies = keyword === 'host' ? this.#matchesHost(words) : this.#matchesAll(words);
        if (keyword === 'host') {
          this.names.push(...words.filter((word) => !/[*?!]/.test(word)));
        }
        await this.#follow(line.config as readonly object[], isActive && applies, depth);
      } else if (keyword === 'include') {
        for (const file of (await Promise.all(words.map((word) => this.#filesOf(word)))).flat()) {
          await this.readFile(file, isActive, depth + 1);
        }
      } else if (isActive) {
        this.#set(keyword, words);
      }
    }
  }

  #set(keyword: string, words: Words): void {
    const before = this.settings.get(keyword);
    if (before === undefined || repeatedKeywords.has(keyword)) {
      this.settings.set(keyword, [...(before ?? []), words.join(' ')]);
    }
  }

  #matchesHost(patterns: Words): boolean {
    return matchesList(this.#question.alias, patterns);
  }

  #matchesAll(words: Words): boolean {
    const criteria = [...words];
    for (let word = criteria.shift(); word !== undefined; word = criteria.shift()) {
      const isNegated = word.startsWith('!');
      const name = word.replace(/^!/, '').toLowerCase();
      const holds = this.#holds(name, criteria);
      if (holds === isNegated) {
        return false;
      }
    }
    return true;
  }

  /** Takes the criterion's argument from the list, if it has one. */
  #holds(name: string, rest: string[]): boolean {
    if (name === 'all') {
      return true;
    }
    if (name === 'canonical' || name === 'final') {
      return false;
    }
    const patterns = (rest.shift() ?? '').split(',');
    const { alias, user } = this.#question;
    const set = (keyword: string): string | undefined => this.settings.get(keyword)?.[0];
    switch (name) {
      case 'host':
        return matchesList(set('hostname') ?? alias, patterns);
      case 'originalhost':
        return matchesList(alias, patterns);
      case 'user':
        return matchesList(user ?? set('user') ?? this.#environment.user, patterns);
      case 'localuser':
        return matchesList(this.#environment.user, patterns);
      default:
        this.unsupported.push(
          `"Match ${name}" in the SSH configuration needs OpenSSH, which is not installed.`,
        );
        return false;
    }
  }

  /** Patterns in any part of the path; relative ones are below `~/.ssh`. */
  async #filesOf(word: string): Promise<readonly string[]> {
    const { home } = this.#environment;
    const path = word.replace(/^~(?=\/|$)/, home);
    const absolute = isAbsolute(path) ? path : join(home, '.ssh', path);
    const parts = absolute.split(/[\\/]/);
    let found: readonly string[] = [parts.shift() ?? ''];
    for (const part of parts) {
      found = (
        await Promise.all(
          found.map(async (folder) =>
            /[*?]/.test(part)
              ? (await namesIn(folder + sep))
                  .filter((name) => matchesWildcards(name, part) && !name.startsWith('.'))
                  .sort()
                  .map((name) => folder + sep + name)
              : [folder + sep + part],
          ),
        )
      ).flat();
    }
    return found;
  }
}

function matchesList(text: string, patterns: Words): boolean {
  const wanted = text.toLowerCase();
  const matching = patterns.filter((pattern) =>
    matchesWildcards(wanted, pattern.replace(/^!/, '').toLowerCase()),
  );
  return matching.length > 0 && !matching.some((pattern) => pattern.startsWith('!'));
}

function wordsOf(value: unknown): Words {
  if (typeof value === 'string') {
    return [value];
  }
  return Array.isArray(value) ? value.map((word: { readonly val: string }) => word.val) : [];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

function unreadable(file: string, error: unknown): TransportError {
  return new TransportError(
    'sshConfig',
    `The SSH configuration ${file} cannot be read: ${messageOf(error)}.`,
    { cause: error },
  );
}
