import * as fs from 'node:fs';
import * as path from 'node:path';

/** An object of a JSON file, whatever is in it. */
type JsonObject = Readonly<Record<string, unknown>>;

/** What package.json contributes, as far as code and other files have to agree with it. */
export interface Contributions {
  readonly commands: readonly string[];
  /** Every command that a menu, a keybinding, a welcome text or a walkthrough names, with where it does. */
  readonly usedCommands: readonly { readonly id: string; readonly where: string }[];
  readonly views: readonly string[];
  readonly containers: readonly { readonly id: string; readonly hasViews: boolean }[];
  readonly settings: readonly string[];
  /** Every condition: `when`, `enablement` and a walkthrough step's `completionEvents`. */
  readonly conditions: readonly string[];
  readonly walkthroughs: readonly string[];
  readonly submenus: readonly { readonly id: string; readonly isUsed: boolean }[];
  /** Files that it names, relative to package.json. */
  readonly files: readonly string[];
  /** The `%key%`s in it. */
  readonly textKeys: readonly string[];
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function items(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isObject) : [];
}

function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter(
    (one): one is string => typeof one === 'string',
  );
}

/** Calls `visit` for every property of every object in a value. */
function walk(value: unknown, visit: (key: string, value: unknown) => void): void {
  if (Array.isArray(value)) {
    for (const one of value as readonly unknown[]) {
      walk(one, visit);
    }
  } else if (isObject(value)) {
    for (const [key, one] of Object.entries(value)) {
      visit(key, one);
      walk(one, visit);
    }
  }
}

/** The commands that a text with links runs, such as `[Add Host](command:vmDeck.host.add)`. */
function linkedCommands(text: string): readonly string[] {
  return [...text.matchAll(/\(command:([\w.]+)/g)].map((match) => match[1] ?? '');
}

function settingsOf(configuration: unknown): readonly string[] {
  const sections = isObject(configuration) ? [configuration] : items(configuration);
  return sections.flatMap(({ properties }) =>
    isObject(properties) ? Object.keys(properties) : [],
  );
}

/** Collects what a manifest contributes. `texts` are those of package.nls.json, where welcome texts have their links. */
export function readContributions(
  manifest: JsonObject,
  nls: Readonly<Record<string, string>>,
): Contributions {
  const contributes = isObject(manifest['contributes']) ? manifest['contributes'] : {};
  const conditions: string[] = [];
  const files: string[] = texts(manifest['icon']).filter((file) => file.includes('.'));
  const textKeys = new Set<string>();
  walk(manifest, (key, value) => {
    for (const text of texts(value)) {
      for (const match of text.matchAll(/^%([\w.-]+)%$/g)) {
        textKeys.add(match[1] ?? '');
      }
      if (key === 'when' || key === 'enablement') {
        conditions.push(text);
      } else if (key === 'completionEvents' && text.startsWith('onContext:')) {
        conditions.push(text.slice('onContext:'.length));
      } else if (
        /^(icon|light|dark|markdown|image|svg|hc|hcLight|path)$/.test(key) &&
        /\.\w+$/.test(text)
      ) {
        files.push(text);
      }
    }
  });
  const menus = isObject(contributes['menus']) ? contributes['menus'] : {};
  const views = isObject(contributes['views']) ? contributes['views'] : {};
  const containers = isObject(contributes['viewsContainers']) ? contributes['viewsContainers'] : {};
  const usedCommands: { id: string; where: string }[] = [];
  const use = (where: string, ids: readonly string[]) => {
    usedCommands.push(...ids.map((id) => ({ id, where })));
  };
  for (const [menu, entries] of Object.entries(menus)) {
    for (const entry of items(entries)) {
      use(`menus.${menu}`, [...texts(entry['command']), ...texts(entry['alt'])]);
    }
  }
  for (const key of items(contributes['keybindings'])) {
    use(
      'keybindings',
      texts(key['command']).filter((id) => id !== 'runCommands'),
    );
    const args = isObject(key['args']) ? key['args'] : {};
    // Only ours are known here; the others are the editor's
    use(
      'keybindings',
      texts(args['commands']).filter((id) => id.startsWith('vmDeck.')),
    );
  }
  walk(
    { walkthroughs: contributes['walkthroughs'] ?? [], welcome: contributes['viewsWelcome'] ?? [] },
    (key, value) => {
      for (const text of texts(value)) {
        use(`the text ${text}`, linkedCommands(nls[text.replace(/^%|%$/g, '')] ?? text));
        if (key === 'completionEvents' && text.startsWith('onCommand:')) {
          use('completionEvents', [text.slice('onCommand:'.length)]);
        }
      }
    },
  );
  const usedSubmenus = new Set(
    Object.values(menus).flatMap((entries) =>
      items(entries).flatMap(({ submenu }) => texts(submenu)),
    ),
  );
  return {
    commands: items(contributes['commands']).flatMap(({ command }) => texts(command)),
    usedCommands,
    views: Object.values(views).flatMap((group) => items(group).flatMap(({ id }) => texts(id))),
    containers: Object.values(containers)
      .flatMap((group) => items(group).flatMap(({ id }) => texts(id)))
      .map((id) => ({ id, hasViews: items(views[id]).length > 0 })),
    settings: settingsOf(contributes['configuration']),
    conditions,
    walkthroughs: items(contributes['walkthroughs']).flatMap(({ id }) => texts(id)),
    submenus: items(contributes['submenus'])
      .flatMap(({ id }) => texts(id))
      .map((id) => ({ id, isUsed: usedSubmenus.has(id) && id in menus })),
    files,
    textKeys: [...textKeys],
  };
}

/** Reads a JSON file that is an object. */
export function readJson(file: string): JsonObject {
  const value = JSON.parse(fs.readFileSync(path.resolve(file), 'utf8')) as unknown;
  if (!isObject(value)) {
    throw new TypeError(`${file} is not an object`);
  }
  return value;
}
