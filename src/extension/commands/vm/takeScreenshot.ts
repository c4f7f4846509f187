import * as vscode from 'vscode';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import { takeScreenshot as takePicture } from '../../../operations/screenshot.ts';
import type { Pictures } from '../../files/pictures.ts';
import { toUri } from '../../files/toUri.ts';
import type { VmTarget } from '../../selection.ts';
import { atMost } from './atMost.ts';

export interface ScreenshotSources {
  readonly inventory: Inventory;
  readonly pictures: Pictures;
  readonly clock: Clock;
  readonly log: Log;
}

/** Takes a picture of the screen of each VM and opens it; says in one message of which it could not. */
export async function takeScreenshot(
  targets: readonly VmTarget[],
  sources: ScreenshotSources,
): Promise<void> {
  await vscode.window.withProgress({ location: { viewId: 'vmDeck.hosts' } }, async () => {
    const taken = await Promise.all(atMost(targets).map((target) => takeOne(target, sources)));
    for (const picture of taken) {
      if ('uri' in picture) {
        await vscode.commands.executeCommand('vscode.open', picture.uri, { preview: false });
      }
    }
    const failures = taken.filter((picture) => 'reason' in picture);
    if (failures.length > 0) {
      void vscode.window.showErrorMessage(
        failures
          .map(({ name, reason }) => vscode.l10n.t('No screenshot of {0}: {1}', name, reason))
          .join(' '),
      );
    }
  });
}

type Taken = { readonly uri: vscode.Uri } | { readonly name: string; readonly reason: string };

async function takeOne({ host, uuid }: VmTarget, sources: ScreenshotSources): Promise<Taken> {
  const { inventory, pictures, clock, log } = sources;
  const session = inventory.session(host);
  const domain = session?.domain(uuid);
  if (!session || !domain) {
    return { name: uuid, reason: vscode.l10n.t('The VM does not exist any more.') };
  }
  const { name } = domain;
  try {
    const { mime, bytes } = await takePicture(session, domain);
    if (mime !== 'image/png') {
      return {
        name,
        reason: vscode.l10n.t('The host gave a picture of an unknown kind: {0}', mime),
      };
    }
    const { path } = pictures.add({ host, uuid, name }, bytes, clock.now());
    return { uri: toUri(path) };
  } catch (error) {
    log.warn(`[${host}] no screenshot of ${name}: ${messageOf(error)}`);
    return { name, reason: messageOf(error) };
  }
}
