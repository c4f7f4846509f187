import * as vscode from 'vscode';
import type { Handlers } from '../../../contract/channel.ts';
import {
  dashboardActions,
  type DashboardAction,
  type pageProtocol,
} from '../../../contract/dashboard.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { HostTreeNode, VmTreeNode } from '../../views/hosts/nodes.ts';
import type { DashboardFeed } from './dashboardFeed.ts';
import type { DetailFeed } from './detailFeed.ts';
import type { Ids } from './ids.ts';
import { readFilters, writeFilter } from './savedFilters.ts';
import { sparksOf } from './sparks.ts';

/** The command of each action: the same that the tree's menus run. */
const commands: Readonly<Record<DashboardAction, string>> = {
  start: 'vmDeck.vm.start',
  resume: 'vmDeck.vm.resume',
  wake: 'vmDeck.vm.wake',
  shutDown: 'vmDeck.vm.shutDown',
  reboot: 'vmDeck.vm.reboot',
  pause: 'vmDeck.vm.pause',
  save: 'vmDeck.vm.save',
  discardSavedState: 'vmDeck.vm.discardSavedState',
  forceOff: 'vmDeck.vm.forceOff',
  hardReset: 'vmDeck.vm.hardReset',
  openConsole: 'vmDeck.vm.openConsole',
  takeScreenshot: 'vmDeck.vm.takeScreenshot',
  openDefinition: 'vmDeck.vm.openDefinition',
  rename: 'vmDeck.vm.rename',
  editDescription: 'vmDeck.vm.editDescription',
  autostartOn: 'vmDeck.vm.autostartOn',
  autostartOff: 'vmDeck.vm.autostartOff',
  deleteDefinition: 'vmDeck.vm.deleteDefinition',
  copyName: 'vmDeck.vm.copyName',
  copyUuid: 'vmDeck.vm.copyUuid',
  copyAddress: 'vmDeck.vm.copyAddress',
  cancelOperation: 'vmDeck.vm.cancelOperation',
  dismissResult: 'vmDeck.vm.dismissResult',
};

const hostCommands = {
  connect: 'vmDeck.host.connect',
  showHelp: 'vmDeck.host.showHelp',
} as const;

export interface HandlerSources {
  readonly feed: DashboardFeed;
  readonly detail: DetailFeed;
  readonly ids: Ids;
  readonly inventory: Inventory;
  readonly extension: vscode.Extension<unknown>;
  readonly clock: { now(): number };
}

/** Answers what the dashboard's page asks. */
export function dashboardHandlers({
  feed,
  detail,
  ids,
  inventory,
  extension,
  clock,
}: HandlerSources): Handlers<typeof pageProtocol> {
  return {
    start: () => ({
      strings: translations(),
      actions: actionTitles(extension.packageJSON),
      filters: readFilters(),
    }),
    snapshot: () => feed.snapshot(),
    sparks: ({ ids: wanted }) =>
      wanted.flatMap((id) => {
        const target = ids.target(id);
        const sampler = target && inventory.session(target.host)?.sampler;
        return sampler ? [{ id, ...sparksOf(sampler, target.uuid, clock.now()) }] : [];
      }),
    act: ({ action, ids: wanted }) => {
      const nodes = wanted.flatMap((id): VmTreeNode[] => {
        const target = ids.target(id);
        return target ? [{ kind: 'vm', id: `vm:${target.host}/${target.uuid}`, ...target }] : [];
      });
      // Through the same door as the tree's menus; how it goes is told by the rows
      if (nodes.length > 0) {
        void vscode.commands.executeCommand(commands[action], nodes[0], nodes);
      }
      return undefined;
    },
    actOnHost: ({ action, id }) => {
      const host = ids.hostName(id);
      if (host !== undefined) {
        const node: HostTreeNode = { kind: 'host', id: `host:${host}`, host };
        void vscode.commands.executeCommand(hostCommands[action], node, [node]);
      }
      return undefined;
    },
    addHost: () => {
      void vscode.commands.executeCommand('vmDeck.host.add');
      return undefined;
    },
    saveFilter: async ({ name, query }) => {
      await writeFilter(name, query);
      return undefined;
    },
    deleteFilter: async ({ name }) => {
      await writeFilter(name, undefined);
      return undefined;
    },
    openDetail: ({ target, span }) => detail.open(target, span),
    closeDetail: () => {
      detail.close();
      return undefined;
    },
  };
}

/** The texts of the language that the editor speaks; only those without a comment to tell them apart. */
function translations(): Readonly<Record<string, string>> {
  const bundle = vscode.l10n.bundle ?? {};
  return Object.fromEntries(
    Object.entries(bundle).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** The titles that the commands have everywhere, in the language of the editor. */
function actionTitles(
  manifest: unknown,
): readonly { readonly action: DashboardAction; readonly title: string }[] {
  const { contributes } = manifest as {
    readonly contributes: {
      readonly commands: readonly { readonly command: string; readonly title: string }[];
    };
  };
  const titles = new Map(contributes.commands.map(({ command, title }) => [command, title]));
  return dashboardActions.map((action) => ({
    action,
    title: titles.get(commands[action]) ?? action,
  }));
}
