import assert from 'node:assert/strict';

import { checkContributions } from '../../tools/contributions/checkContributions.ts';
import { readContributions } from '../../tools/contributions/manifest.ts';
import { readSources } from '../../tools/contributions/sourceUse.ts';

const code = `
  registerCommands({ 'vmDeck.vm.start': run, 'vmDeck.host.add': add }, log);
  vscode.window.createTreeView('vmDeck.hosts', options);
  setContext('vmDeck.hostCount', 1);
  read('vmDeck.explorer.sortBy');
  vscode.workspace.getConfiguration('vmDeck.explorer');
  vscode.commands.executeCommand('vmDeck.hosts.focus');
  vscode.commands.executeCommand('workbench.action.openWalkthrough', 'vm-deck.vm-deck#first');
  interface Keys { readonly 'vmDeck.onlyInAType': boolean }
`;

const texts = { name: 'VM Deck', welcome: '[Add Host](command:vmDeck.host.add)' };

const contributes = {
  commands: [{ command: 'vmDeck.vm.start', icon: '$(play)' }, { command: 'vmDeck.host.add' }],
  viewsContainers: { activitybar: [{ id: 'vmDeck', title: '%name%', icon: 'media/a.svg' }] },
  views: { vmDeck: [{ id: 'vmDeck.hosts', name: 'Hosts' }] },
  viewsWelcome: [{ view: 'vmDeck.hosts', contents: '%welcome%', when: 'vmDeck.hostCount == 0' }],
  menus: {
    'view/item/context': [
      { command: 'vmDeck.vm.start', when: 'view == vmDeck.hosts && config.vmDeck.explorer.sortBy' },
      { submenu: 'vmDeck.copy' },
    ],
    'vmDeck.copy': [{ command: 'vmDeck.host.add' }],
  },
  submenus: [{ id: 'vmDeck.copy', label: 'Copy' }],
  configuration: { properties: { 'vmDeck.explorer.sortBy': {} } },
  walkthroughs: [{ id: 'first', steps: [{ media: { image: 'media/step.png', altText: '' } }] }],
};

interface Change {
  readonly contributes?: Readonly<Record<string, unknown>>;
  readonly nls?: Readonly<Record<string, string>>;
  readonly code?: string;
  readonly files?: readonly string[];
}

/** What the check says about a sound extension after a change. */
function problems(change: Change = {}): string[] {
  const nls = change.nls ?? texts;
  const manifest = { contributes: { ...contributes, ...change.contributes } };
  return checkContributions({
    contributions: readContributions(manifest, nls),
    nls,
    source: readSources(new Map([['a.ts', code + (change.code ?? '')]])),
    fileExists: (file) => (change.files ?? ['media/a.svg', 'media/step.png']).includes(file),
  });
}

describe('the check of contributions', () => {
  it('says nothing when both sides agree', () => {
    assert.deepEqual(problems(), []);
  });

  const extra = (key: 'commands' | 'submenus', one: object) => ({
    contributes: { [key]: [...contributes[key], one] },
  });
  const cases: readonly (readonly [what: string, change: Change, expected: readonly string[]])[] = [
    [
      'a command that nothing registers',
      extra('commands', { command: 'vmDeck.vm.stop' }),
      ['command vmDeck.vm.stop is contributed and nothing registers it'],
    ],
    [
      'a command that is run but not registered',
      {
        ...extra('commands', { command: 'vmDeck.vm.stop' }),
        code: "vscode.commands.executeCommand('vmDeck.vm.stop');",
      },
      ['command vmDeck.vm.stop is contributed and nothing registers it'],
    ],
    [
      'a command that is registered and not contributed',
      { code: "vscode.commands.registerCommand('vmDeck.vm.gone', run);" },
      ['a.ts:10 names vmDeck.vm.gone, which is not contributed'],
    ],
    [
      'a command that is run and not contributed',
      { code: "vscode.commands.executeCommand('vmDeck.vm.gone');" },
      ['a.ts:10 runs the command vmDeck.vm.gone, which is not contributed'],
    ],
    [
      'a command that is contributed twice',
      extra('commands', { command: 'vmDeck.vm.start' }),
      ['command vmDeck.vm.start is contributed twice'],
    ],
    [
      'a menu and a key for commands that are not there',
      {
        contributes: {
          menus: { ...contributes.menus, commandPalette: [{ command: 'vmDeck.vm.gone' }] },
          keybindings: [
            { command: 'vmDeck.vm.away', key: 'f2' },
            {
              command: 'runCommands',
              key: 'f3',
              args: { commands: ['list.select', 'vmDeck.vm.far'] },
            },
          ],
        },
      },
      [
        'menus.commandPalette names the command vmDeck.vm.gone, which is not contributed',
        'keybindings names the command vmDeck.vm.away, which is not contributed',
        'keybindings names the command vmDeck.vm.far, which is not contributed',
      ],
    ],
    [
      'a welcome text with a link to a command that is not there',
      { nls: { ...texts, welcome: '[Add](command:vmDeck.host.ad)' } },
      ['the text %welcome% names the command vmDeck.host.ad, which is not contributed'],
    ],
    [
      'a view that nothing fills, and one that is not contributed',
      {
        contributes: { views: { vmDeck: [...contributes.views.vmDeck, { id: 'vmDeck.health' }] } },
        code: "vscode.window.registerWebviewViewProvider('vmDeck.other', provider);",
      },
      [
        'view vmDeck.health is contributed and nothing fills it',
        'a.ts:10 fills the view vmDeck.other, which is not contributed',
      ],
    ],
    [
      'a setting that nothing reads',
      {
        contributes: {
          configuration: [{ properties: { 'vmDeck.explorer.sortBy': {}, 'vmDeck.unread': {} } }],
        },
      },
      ['setting vmDeck.unread is contributed and nothing reads it'],
    ],
    [
      'a setting that is read, or looked at in a condition, and not contributed',
      { contributes: { configuration: {} } },
      [
        'a condition looks at the setting vmDeck.explorer.sortBy, which is not contributed',
        'a.ts:5 names vmDeck.explorer.sortBy, which is not contributed',
        'a.ts:6 names vmDeck.explorer, which is not contributed',
      ],
    ],
    [
      'a context key that nothing sets, though a type names it',
      {
        contributes: {
          commands: [
            { command: 'vmDeck.vm.start', enablement: 'vmDeck.onlyInAType' },
            { command: 'vmDeck.host.add' },
          ],
        },
      },
      ['a condition looks at vmDeck.onlyInAType, which nothing sets'],
    ],
    [
      'a context key that no condition looks at',
      { code: "vscode.commands.executeCommand('setContext', 'vmDeck.unused', true);" },
      ['a.ts:10 sets the context key vmDeck.unused, which no condition looks at'],
    ],
    [
      'an id that is put together',
      { code: 'register(`vmDeck.vm.${verb}`);' },
      [
        'a.ts:10 puts an id together (`vmDeck.vm.${verb}`): write it out, so that it can be checked',
      ],
    ],
    [
      'texts that are missing or not used',
      { nls: { welcome: texts.welcome, other: 'Other' } },
      [
        '%name% is in package.json and not in package.nls.json',
        'other is in package.nls.json and package.json does not use it',
      ],
    ],
    [
      'files that do not exist',
      { files: ['media/a.svg'] },
      ['media/step.png is named in package.json and does not exist'],
    ],
    [
      'a walkthrough that is opened and not there',
      { contributes: { walkthroughs: [] } },
      ['a.ts:8 opens the walkthrough first, which is not contributed'],
    ],
    [
      'a submenu without items',
      extra('submenus', { id: 'vmDeck.empty', label: 'Empty' }),
      ['submenu vmDeck.empty has no items, or is in no menu'],
    ],
    [
      'a container without views',
      {
        contributes: {
          viewsContainers: {
            activitybar: [...contributes.viewsContainers.activitybar, { id: 'x' }],
          },
        },
      },
      ['view container x has no view'],
    ],
  ];
  for (const [what, change, expected] of cases) {
    it(`finds ${what}`, () => {
      assert.deepEqual(problems(change), expected);
    });
  }
});
