import * as vscode from 'vscode';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { brokenScope, hostScopes, type HostsByScope, type HostScope } from '../hosts/hostScopes.ts';
import { openHostEntry } from './openHostEntry.ts';

const key = 'vmDeck.hosts';

const target: Readonly<Record<HostScope, vscode.ConfigurationTarget>> = {
  user: vscode.ConfigurationTarget.Global,
  workspace: vscode.ConfigurationTarget.Workspace,
};

/** The setting `vmDeck.hosts`, read and written by scope: what an edit does not touch stays as it is. */
export class HostsSetting {
  readonly #log: Log;
  /** Edits follow each other: each starts from what the one before wrote. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(log: Log) {
    this.#log = log;
  }

  /** What each scope says now; of a workspace that is not trusted nothing. */
  read(): HostsByScope {
    const found = vscode.workspace.getConfiguration().inspect<unknown>(key);
    return { user: found?.globalValue, workspace: found?.workspaceValue };
  }

  /**
   * Writes what `change` makes of the setting.
   * @returns whether it was saved; if not, the person is being told why and what to do.
   */
  async edit(change: (scopes: HostsByScope) => HostsByScope): Promise<boolean> {
    const edited = this.#last.then(() => this.#edit(change));
    this.#last = edited.catch(() => undefined);
    return edited;
  }

  async #edit(change: (scopes: HostsByScope) => HostsByScope): Promise<boolean> {
    const scopes = this.read();
    const broken = brokenScope(scopes);
    if (broken !== undefined) {
      void this.#sayNotSaved(
        vscode.l10n.t(
          'Nothing was changed: "vmDeck.hosts" in your settings is not an object of hosts by name, and would be lost.',
        ),
        broken,
      );
      return false;
    }
    const wanted = change(scopes);
    for (const scope of hostScopes) {
      if (wanted[scope] === scopes[scope]) {
        continue;
      }
      try {
        await vscode.workspace.getConfiguration().update(key, wanted[scope], target[scope]);
      } catch (error) {
        // The editor tells the causes apart only by text: a file with mistakes, unsaved changes, no right to write
        this.#log.error(`${key} could not be written: ${messageOf(error)}`);
        void this.#sayNotSaved(
          vscode.l10n.t('The settings could not be saved: {0}', messageOf(error)),
          scope,
        );
        return false;
      }
    }
    return true;
  }

  /** Not waited for: the notification may stand there for hours, and the next edit must not wait behind it. */
  async #sayNotSaved(message: string, scope: HostScope): Promise<void> {
    const open = vscode.l10n.t('Open Settings');
    try {
      if ((await vscode.window.showErrorMessage(message, open)) === open) {
        await openHostEntry(scope, undefined);
      }
    } catch (error) {
      this.#log.error(`the settings could not be opened: ${messageOf(error)}`);
    }
  }
}
