import type * as vscode from 'vscode';
import { systemClock } from '../base/clock.ts';
import { compose } from './compose.ts';

/** Called by the editor: sets up what it shows, and starts to connect when the editor is through with us. */
export function activate(context: vscode.ExtensionContext): void {
  const start = systemClock.monotonic();
  const composition = compose(context);
  context.subscriptions.push(composition);
  composition.log.info(`activated in ${(systemClock.monotonic() - start).toFixed(1)} ms`);
  systemClock.soon(() => {
    composition.start();
  });
}
