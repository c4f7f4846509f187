import type { Clock } from '../../../base/clock.ts';
import type { Event } from '../../../base/event.ts';
import type { HostSession } from '../../../inventory/hostSession.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { HostRegistry } from '../../hosts/hostRegistry.ts';
import type { L10n } from '../../l10n.ts';
import type { VmActivity } from './vmRow.ts';

/** What the Hosts tree is made from. */
export interface HostsTreeSources {
  readonly registry: HostRegistry;
  readonly inventory: Inventory;
  readonly activities: {
    get(host: string, uuid: string): VmActivity | undefined;
    readonly onDidChange: Event<{ readonly host: string; readonly uuid: string }>;
  };
  readonly addresses: (session: HostSession, uuid: string) => readonly string[];
  readonly clock: Clock;
  readonly l10n: L10n;
}
