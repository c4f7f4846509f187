import * as vscode from 'vscode';
import { messageOf } from '../../../base/errors.ts';
import { isReachable } from '../../../model/host.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';

export interface RefreshOptions {
  readonly registry: HostRegistry;
  readonly log: vscode.LogOutputChannel;
}

/** Reads connected hosts again and tries the others at once; a host that is told to stay off stays off. */
export async function refreshHosts(
  names: readonly string[],
  { registry, log }: RefreshOptions,
): Promise<void> {
  await vscode.window.withProgress({ location: { viewId: 'vmDeck.hosts' } }, async () => {
    await Promise.all(
      names.map(async (name) => {
        const session = registry.session(name);
        if (!session || session.snapshot.status.state === 'idle') {
          return;
        }
        if (!isReachable(session.snapshot.status)) {
          session.connect();
          return;
        }
        try {
          await session.refresh();
        } catch (error) {
          // The host's own row says how it stands
          log.warn(`[${name}] refresh failed: ${messageOf(error)}`);
        }
      }),
    );
  });
}
