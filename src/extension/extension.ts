import type * as vscode from 'vscode';
import { systemClock } from '../base/clock.ts';
import { compose } from './compose.ts';

/** Called by the editor: sets up what it shows, and starts to connect when the editor is through with us. */
export function activate(context: vscode.ExtensionContext): void {
  const composition = compose(context);
  context.subscriptions.push(composition);
  systemClock.soon(() => {
    composition.start();
  });
}
