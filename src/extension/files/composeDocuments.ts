import * as vscode from 'vscode';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Log } from '../../base/log.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { HostRegistry } from '../hosts/hostRegistry.ts';
import { Definitions } from './definitions.ts';
import { FailedDocuments } from './failedDocuments.ts';
import { forgetClosedPictures } from './forgetClosedPictures.ts';
import { HostGate } from './hostGate.ts';
import { LibvirtFiles } from './libvirtFiles.ts';
import { Pictures } from './pictures.ts';
import { readDefinition } from '../../operations/definition.ts';

export interface DocumentSources {
  readonly inventory: Inventory;
  readonly registry: HostRegistry;
  readonly clock: Clock;
  readonly log: Log;
}

/** Puts together what stands behind `libvirt:` documents. */
export function composeDocuments({
  inventory,
  registry,
  clock,
  log,
}: DocumentSources): Disposable & { readonly pictures: Pictures } {
  const store = new DisposableStore();
  const gate = store.add(
    new HostGate({ inventory, onDidReadSettings: registry.onDidChange, clock, l10n: vscode.l10n }),
  );
  const definitions = store.add(
    new Definitions({
      inventory,
      gate,
      read: (session, uuid, which) => readDefinition(session, uuid, { which }),
      clock,
      l10n: vscode.l10n,
    }),
  );
  const pictures = new Pictures();
  const failed = store.add(new FailedDocuments(inventory, log));
  store.add(new LibvirtFiles({ inventory, definitions, pictures, failed }));
  store.add(forgetClosedPictures(pictures));
  return {
    pictures,
    dispose: () => {
      store.dispose();
    },
  };
}
