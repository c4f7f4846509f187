import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { isReachable } from '../../model/host.ts';
import type { HostTreeNode } from '../views/hosts/nodes.ts';

/**
 * Documents that could not be read since their host could not be asked: the editor shows an error in their place,
 * and asks again only when somebody does. Those in front are opened again as soon as the host is back; the others are
 * asked for when they come to the front.
 */
export class FailedDocuments implements Disposable {
  readonly #inventory: Inventory;
  readonly #log: Log;
  readonly #listening: Disposable;
  /** By URI, with the host that each waits for. */
  readonly #failed = new Map<string, string>();

  constructor(inventory: Inventory, log: Log) {
    this.#inventory = inventory;
    this.#log = log;
    this.#listening = inventory.onDidChange(({ host, changes }) => {
      if (this.#failed.size > 0 && changes.some(({ kind }) => kind === 'status')) {
        this.#look(host);
      }
    });
  }

  /**
   * This one could not be read.
   * @param reason a sentence. The editor does not show it.
   */
  add(uri: vscode.Uri, host: string, reason: string): void {
    const isFirst = ![...this.#failed.values()].includes(host);
    this.#failed.set(uri.toString(), host);
    if (isFirst) {
      void this.#tell(uri, host, reason);
    }
  }

  /** This one could, after all. */
  delete(uri: vscode.Uri): void {
    this.#failed.delete(uri.toString());
  }

  dispose(): void {
    this.#listening.dispose();
    this.#failed.clear();
  }

  #look(host: string): void {
    const status = this.#inventory.session(host)?.snapshot.status;
    if (!status || !isReachable(status)) {
      return;
    }
    for (const { tabs, viewColumn } of vscode.window.tabGroups.all) {
      for (const { input, isActive, isPreview } of tabs) {
        const uri = input instanceof vscode.TabInputText ? input.uri : undefined;
        if (isActive && uri && this.#failed.get(uri.toString()) === host) {
          void this.#reopen(uri, { viewColumn, preview: isPreview, preserveFocus: true });
        }
      }
    }
    for (const [uri, waitsFor] of this.#failed) {
      if (waitsFor === host) {
        this.#failed.delete(uri);
      }
    }
  }

  async #tell(uri: vscode.Uri, host: string, reason: string): Promise<void> {
    const help = vscode.l10n.t('What Can I Do?');
    const chosen = await vscode.window.showWarningMessage(
      vscode.l10n.t(
        '{0} cannot be shown now. {1} It is opened again as soon as the host is back.',
        uri.path.split('/').at(-1) ?? uri.path,
        reason,
      ),
      help,
    );
    if (chosen === help) {
      const node: HostTreeNode = { kind: 'host', id: `host:${host}`, host };
      await vscode.commands.executeCommand('vmDeck.host.showHelp', node);
    }
  }

  async #reopen(uri: vscode.Uri, options: vscode.TextDocumentShowOptions): Promise<void> {
    try {
      await vscode.window.showTextDocument(uri, options);
    } catch (error) {
      this.#log.warn(`${uri.path} was not opened again: ${messageOf(error)}`);
    }
  }
}
