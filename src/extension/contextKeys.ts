import * as vscode from 'vscode';

/** The keys that conditions in package.json look at. */
interface ContextKeys {
  /** How many hosts the settings name. */
  readonly 'vmDeck.hostCount': number;
  readonly 'vmDeck.hasFilter': boolean;
  /** The context values of all selected rows, each word once. */
  readonly 'vmDeck.selection': string;
  /** Whether the active terminal is a serial console. */
  readonly 'vmDeck.consoleActive': boolean;
}

/** Sets a key for conditions in package.json. */
export function setContext<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
