import type { Selection } from '../../selection.ts';
import type { ConsoleTerminals } from '../../terminals/consoleTerminals.ts';
import type { CommandHandler } from '../register.ts';
import { openConsole } from './openConsole.ts';
import { openDefinition } from './openDefinition.ts';
import { takeScreenshot, type ScreenshotSources } from './takeScreenshot.ts';

export interface LookCommandOptions extends ScreenshotSources {
  readonly selection: Selection;
  readonly terminals: ConsoleTerminals;
}

/** What opens a tab or a terminal to look into VMs. */
export function lookCommands(
  options: LookCommandOptions,
): Readonly<Record<string, CommandHandler>> {
  const { selection, inventory, terminals } = options;
  return {
    'vmDeck.vm.openDefinition': (clicked, selected) =>
      openDefinition(selection.vms(clicked, selected), inventory),
    'vmDeck.vm.takeScreenshot': (clicked, selected) =>
      takeScreenshot(selection.vms(clicked, selected), options),
    'vmDeck.vm.openConsole': (clicked, selected) =>
      openConsole(selection.vms(clicked, selected), inventory, terminals),
    'vmDeck.console.sendSize': () => {
      terminals.sendSize();
    },
  };
}
