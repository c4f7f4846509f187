import * as vscode from 'vscode';
import { systemClock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { scopedLog, type Log } from '../base/log.ts';
import type { HostSession } from '../inventory/hostSession.ts';
import { Inventory } from '../inventory/inventory.ts';
import { shortAddress } from '../model/address.ts';
import { openConsole } from '../operations/console.ts';
import { composeHosts } from './commands/host/composeHosts.ts';
import { composeActions } from './actions/composeActions.ts';
import { VmActivities } from './actions/vmActivities.ts';
import { vscodePrompter } from './actions/vscodePrompter.ts';
import { lookCommands } from './commands/vm/lookCommands.ts';
import { createDialer as createRealDialer } from '../transport/createDialer.ts';
import { SshWays } from '../transport/sshWays.ts';
import { registerCommands } from './commands/register.ts';
import { viewCommands } from './commands/view/viewCommands.ts';
import { composeDocuments } from './files/composeDocuments.ts';
import { composeDashboard } from './panels/composeDashboard.ts';
import { DemoHosts } from './hosts/demoHosts.ts';
import { HostRegistry } from './hosts/hostRegistry.ts';
import type { Operation } from '../operations/operationLog.ts';
import { QuickTurns } from './quickTurns.ts';
import { Selection } from './selection.ts';
import { Settings } from './settings/settings.ts';
import { ConsoleTerminals } from './terminals/consoleTerminals.ts';
import { SerialConsole } from './terminals/serialConsole.ts';
import { createEditorSshPrompts } from './ssh/editorSshPrompts.ts';
import { KeptSecrets } from './ssh/keptSecrets.ts';
import { StatusBar } from './statusBar/statusBar.ts';
import { HostsTreeModel } from './views/hosts/hostsTreeModel.ts';
import { HostsView } from './views/hosts/hostsView.ts';
import { Tooltips } from './views/hosts/tooltips/tooltips.ts';

/**
 * Puts the extension together: the only place where its parts learn of each other. Nothing here reads a file or
 * opens a connection; that begins after activation, with {@link Composition.start}.
 */
export function compose(context: vscode.ExtensionContext): Composition {
  const store = new DisposableStore();
  const clock = systemClock;
  const log = store.add(vscode.window.createOutputChannel('VM Deck', { log: true }));
  const settings = store.add(new Settings());
  const inventory = store.add(new Inventory(clock));
  const kept = new KeptSecrets(context.secrets);
  const turns = new QuickTurns();
  const ssh = store.add(
    new SshWays({
      clock,
      log,
      prompts: createEditorSshPrompts({ kept, turns, prompter: vscodePrompter }),
    }),
  );
  const createDialer = store
    .add(new DemoHosts())
    .offerWith((uri, at, choice) => createRealDialer(uri, at, choice, ssh));
  const registry = store.add(new HostRegistry({ inventory, createDialer, clock, log }));
  const activities = store.add(new VmActivities(inventory));
  const addresses = (session: HostSession, uuid: string): readonly string[] => {
    const known = session.addresses.of(uuid);
    const first = shortAddress(known);
    const others = known.map(({ address }) => address).filter((address) => address !== first);
    return first === undefined ? others : [first, ...others];
  };
  const model = store.add(
    new HostsTreeModel({
      registry,
      inventory,
      activities,
      addresses,
      clock,
      l10n: vscode.l10n,
    }),
  );
  const tooltips = store.add(new Tooltips({ registry, inventory, activities, clock, log }));
  const hostsView = store.add(
    new HostsView({
      model,
      registry,
      inventory,
      settings,
      tooltip: tooltips.make,
      clock,
    }),
  );
  const selection = new Selection(hostsView.view);
  const documents = store.add(composeDocuments({ inventory, registry, clock, log }));
  const terminals = store.add(
    new ConsoleTerminals(
      (target) =>
        new SerialConsole({
          ...target,
          inventory,
          open: openConsole,
          clock,
          log: scopedLog(log, target.host),
          l10n: vscode.l10n,
        }),
    ),
  );
  const dashboard = store.add(
    composeDashboard({
      registry,
      inventory,
      activities,
      addresses,
      clock,
      l10n: vscode.l10n,
      log: scopedLog(log, 'dashboard'),
      endedOperations: (): readonly Operation[] => actions.operations.ended,
      extension: context.extension,
    }),
  );
  store.add(new StatusBar({ registry, inventory, clock }));
  const actions = store.add(
    composeActions({
      selection,
      addresses,
      inventory,
      activities,
      settings,
      clock,
      log,
      storageUri: context.globalStorageUri,
      isViewVisible: () => hostsView.view.visible || dashboard.isVisible,
    }),
  );
  for (const registration of registerCommands(
    {
      ...composeHosts({
        selection,
        registry,
        hostsView,
        createDialer,
        findSshHosts: () => ssh.listHosts(),
        kept,
        turns,
        clock,
        log,
      }),
      ...viewCommands({ hostsView, registry, inventory, settings, log }),
      ...actions.commands,
      ...dashboard.commands,
      ...lookCommands({
        selection,
        inventory,
        terminals,
        pictures: documents.pictures,
        clock,
        log,
      }),
    },
    log,
  )) {
    store.add(registration);
  }
  const takeSettings = (): void => {
    registry.update(settings.hosts, { samplesInBackground: settings.samplesInBackground });
  };
  return {
    log,
    start: () => {
      takeSettings();
      store.add(settings.onDidChange(takeSettings));
    },
    dispose: () => {
      store.dispose();
    },
  };
}

/** The extension, put together but not yet at work. */
interface Composition extends Disposable {
  readonly log: Log;
  /** Takes over the settings and connects the hosts that want it. */
  start(): void;
}
