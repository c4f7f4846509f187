import type { Contributions } from './manifest.ts';
import type { Named, SourceUse } from './sourceUse.ts';

/** What the check compares. */
export interface Compared {
  readonly contributions: Contributions;
  /** package.nls.json. */
  readonly nls: Readonly<Record<string, string>>;
  readonly source: SourceUse;
  readonly fileExists: (file: string) => boolean;
}

const idsOf = (named: readonly Named[]) => new Set(named.map(({ id }) => id));

/** The ids in conditions: those behind `config.` are settings. */
function conditionIds(conditions: readonly string[]) {
  const words = conditions.flatMap((text) => text.match(/(?:config\.)?\bvmDeck(?:\.\w+)*/g) ?? []);
  const settings = words.filter((word) => word.startsWith('config.'));
  return {
    settings: settings.map((word) => word.slice('config.'.length)),
    others: words.filter((word) => !word.startsWith('config.')),
  };
}

function commandProblems({ contributions, source }: Compared): string[] {
  const { commands, usedCommands } = contributions;
  const registered = idsOf(source.named);
  const contributed = new Set(commands);
  const twice = commands.filter((id, at) => commands.indexOf(id) !== at);
  return [
    ...twice.map((id) => `command ${id} is contributed twice`),
    ...commands
      .filter((id) => !registered.has(id))
      .map((id) => `command ${id} is contributed and nothing registers it`),
    ...usedCommands
      .filter(
        ({ id }) => id.startsWith('vmDeck.') && !contributed.has(id) && !isFocus(id, contributions),
      )
      .map(({ id, where }) => `${where} names the command ${id}, which is not contributed`),
    ...source.executed
      .filter(({ id }) => !contributed.has(id) && !isFocus(id, contributions))
      .map(({ id, where }) => `${where} runs the command ${id}, which is not contributed`),
  ];
}

/** The editor makes a command for each view by itself. */
function isFocus(id: string, { views }: Contributions): boolean {
  return views.some((view) => id === `${view}.focus` || id === `workbench.view.extension.${view}`);
}

function viewProblems({ contributions, source }: Compared): string[] {
  const { views, containers } = contributions;
  const made = idsOf(source.views);
  return [
    ...views
      .filter((id) => !made.has(id))
      .map((id) => `view ${id} is contributed and nothing fills it`),
    ...source.views
      .filter(({ id }) => !views.includes(id))
      .map(({ id, where }) => `${where} fills the view ${id}, which is not contributed`),
    ...containers
      .filter(({ hasViews }) => !hasViews)
      .map(({ id }) => `view container ${id} has no view`),
  ];
}

function settingProblems({ contributions, source }: Compared): string[] {
  const { settings, conditions } = contributions;
  const inConditions = conditionIds(conditions).settings;
  const read = new Set([...idsOf(source.named), ...inConditions]);
  return [
    ...settings
      .filter((id) => !read.has(id))
      .map((id) => `setting ${id} is contributed and nothing reads it`),
    ...inConditions
      .filter((id) => !settings.includes(id))
      .map((id) => `a condition looks at the setting ${id}, which is not contributed`),
  ];
}

function contextKeyProblems({ contributions, source }: Compared): string[] {
  const { views, containers, conditions } = contributions;
  const known = new Set([...views, ...containers.map(({ id }) => id)]);
  const used = new Set(conditionIds(conditions).others);
  const set = idsOf(source.contextKeys);
  return [
    ...[...used]
      .filter((id) => !set.has(id) && !known.has(id))
      .map((id) => `a condition looks at ${id}, which nothing sets`),
    ...source.contextKeys
      .filter(({ id }) => !used.has(id))
      .map(({ id, where }) => `${where} sets the context key ${id}, which no condition looks at`),
  ];
}

/** Ids in the code that are none of the things that can be contributed: a slip, or something that went away. */
function unknownProblems({ contributions, source }: Compared): string[] {
  const { commands, views, containers, settings, submenus } = contributions;
  const known = new Set([
    ...['vmDeck', ...commands, ...views, ...settings],
    ...[...containers, ...submenus].map(({ id }) => id),
    ...idsOf(source.contextKeys),
  ]);
  const isSection = (id: string) => settings.some((setting) => setting.startsWith(`${id}.`));
  return [
    ...source.named
      .filter(({ id }) => !known.has(id) && !isSection(id) && !isFocus(id, contributions))
      .map(({ id, where }) => `${where} names ${id}, which is not contributed`),
    ...source.dynamic.map(
      ({ id, where }) =>
        `${where} puts an id together (${id}): write it out, so that it can be checked`,
    ),
  ];
}

function textProblems({ contributions, nls }: Compared): string[] {
  const used = new Set(contributions.textKeys);
  return [
    ...contributions.textKeys
      .filter((key) => !(key in nls))
      .map((key) => `%${key}% is in package.json and not in package.nls.json`),
    ...Object.keys(nls)
      .filter((key) => !used.has(key))
      .map((key) => `${key} is in package.nls.json and package.json does not use it`),
  ];
}

function otherProblems({ contributions, source, fileExists }: Compared): string[] {
  const { files, submenus, walkthroughs } = contributions;
  return [
    ...files
      .filter((file) => !fileExists(file))
      .map((file) => `${file} is named in package.json and does not exist`),
    ...submenus
      .filter(({ isUsed }) => !isUsed)
      .map(({ id }) => `submenu ${id} has no items, or is in no menu`),
    ...source.walkthroughs
      .filter(({ id }) => !walkthroughs.includes(id))
      .map(({ id, where }) => `${where} opens the walkthrough ${id}, which is not contributed`),
  ];
}

/** Where package.json and the code disagree, a sentence each; empty when they agree. */
export function checkContributions(compared: Compared): string[] {
  return [
    commandProblems,
    viewProblems,
    settingProblems,
    contextKeyProblems,
    unknownProblems,
    textProblems,
    otherProblems,
  ].flatMap((problems) => problems(compared));
}
