import assert from 'node:assert/strict';
import type { Log } from '../../../../src/base/log.ts';
import {
  ActionRunner,
  type RunnableAction,
} from '../../../../src/extension/actions/actionRunner.ts';
import { VmActivities } from '../../../../src/extension/actions/vmActivities.ts';
import { lifecycleRows } from '../../../../src/extension/actions/vmActionTable.ts';
import type { VmTarget } from '../../../../src/extension/selection.ts';
import type { VmActivity } from '../../../../src/extension/views/hosts/vmRow.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import { domainLifecycle } from '../../../../src/libvirt/constants.ts';
import { domainLifecycleEvent } from '../../../../src/libvirt/protocol/events.ts';
import type { LifecycleAction } from '../../../../src/operations/guards.ts';
import { OperationLog } from '../../../../src/operations/operationLog.ts';
import { runLifecycle } from '../../../../src/operations/lifecycle.ts';
import {
  connected,
  createServedHost,
  turn,
  uuidOf,
  type ServedHost,
} from '../../inventory/servedHost.ts';
import { plainL10n } from '../plainL10n.ts';
import { FakePrompter } from './fakePrompter.ts';

/** A host with VMs, all that acts on them, and a person who is made of answers. */
export interface ActionWorld {
  readonly host: ServedHost;
  readonly inventory: Inventory;
  readonly activities: VmActivities;
  readonly prompter: FakePrompter;
  readonly runner: ActionRunner;
  readonly log: Log;
  readonly logged: string[];
  isViewVisible: boolean;
  dispose(): void;
}

/** A host whose session is connected; VMs run, but for those whose numbers are in `off`. */
export async function actionWorld(vms: number, off: readonly number[] = []): Promise<ActionWorld> {
  const host = createServedHost(vms);
  for (const index of off) {
    turnOff(host, index);
  }
  const { clock, session } = host;
  const inventory = new Inventory(clock);
  inventory.add(session, { samplesInBackground: false });
  await connected(host);
  const logged: string[] = [];
  const keep = (line: string): void => {
    logged.push(line);
  };
  const log: Log = { trace: keep, debug: keep, info: keep, warn: keep, error: keep };
  const activities = new VmActivities(inventory);
  const prompter = new FakePrompter();
  const person = { isViewVisible: true };
  const operations = new OperationLog({ clock, log });
  const runner = new ActionRunner({
    operations,
    inventory,
    activities,
    prompter,
    clock,
    l10n: plainL10n,
    isViewVisible: () => person.isViewVisible,
    showHosts: () => undefined,
    showLog: () => undefined,
  });
  return Object.assign(person, {
    host,
    inventory,
    activities,
    prompter,
    runner,
    log,
    logged,
    dispose: () => {
      operations.dispose();
      activities.dispose();
      inventory.dispose();
    },
  });
}

/** What a command of the table runs. */
export function actionOf(action: LifecycleAction): RunnableAction {
  const row = lifecycleRows.find((candidate) => candidate.action === action);
  assert.ok(row, `${action} is in the table`);
  const { confirm } = row;
  return {
    action,
    canCancel: row.canCancel ?? false,
    words: row.words(plainL10n),
    confirm: confirm && ((names) => confirm(names, plainL10n)),
    run: (session, uuid, options) => runLifecycle(session, uuid, action, options),
  };
}

export function target(index: number): VmTarget {
  return { host: 'lab', uuid: uuidOf(index) };
}

/** What the row of the n-th VM says besides its state. */
export function activityOf(world: ActionWorld, index: number): VmActivity | undefined {
  return world.activities.get('lab', uuidOf(index));
}

export function textOf(world: ActionWorld, index: number): string | undefined {
  return activityOf(world, index)?.text;
}

/** At the daemon, before anybody is told. */
function turnOff(host: ServedHost, index: number): void {
  const served = host.served[index - 1]!;
  const off = { ...served, state: 5, reason: 1, wire: { ...served.wire, id: -1 } };
  host.served[index - 1] = off;
}

/** The guest goes off, and libvirt says so. */
export async function goOff({ host }: ActionWorld, index: number): Promise<void> {
  turnOff(host, index);
  host.daemon.sendEvent(domainLifecycleEvent, {
    callbackID: 0,
    msg: { dom: host.served[index - 1]!.wire, event: domainLifecycle.stopped, detail: 0 },
  });
  await turn(host);
}

/** Waits for what takes no time but turns of the event loop. */
export async function finish<T>({ host }: ActionWorld, work: Promise<T>): Promise<T> {
  await turn(host);
  return work;
}
