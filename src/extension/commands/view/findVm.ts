import * as vscode from 'vscode';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { Domain } from '../../../model/domain.ts';
import { parseQuery } from '../../../query/parseQuery.ts';
import { compareVms, type ArrangedVm } from '../../views/hosts/arrange.ts';
import type { HostsView } from '../../views/hosts/hostsView.ts';
import { vmCategory } from '../../views/hosts/vmCategory.ts';
import { vmFilter } from '../../views/hosts/vmFilter.ts';
import { categoryName, stateIcon } from '../../views/hosts/vmRow.ts';

export interface FindVmOptions {
  readonly inventory: Inventory;
  readonly hostsView: HostsView;
}

interface Item extends vscode.QuickPickItem {
  readonly vm?: ArrangedVm;
}

/** More are not looked through by eye, but by typing on. */
const mostItems = 200;

/** Finds a VM on all hosts by a query, as filters have it, and selects it in the Hosts view. */
export function findVm({ inventory, hostsView }: FindVmOptions): void {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = vscode.l10n.t('Find a VM');
  pick.placeholder = vscode.l10n.t('Such as web state:running host:lab* cpu>80 -ip:10.0.*');
  const vms = allVms(inventory);
  const fill = (): void => {
    pick.items = itemsFor(pick.value, vms);
  };
  fill();
  pick.onDidChangeValue(fill);
  pick.onDidAccept(() => {
    const [chosen] = pick.selectedItems;
    if (chosen?.vm) {
      pick.hide();
      const { host, domain } = chosen.vm;
      void show(hostsView, host.name, domain);
    }
  });
  pick.onDidHide(() => {
    pick.dispose();
  });
  pick.show();
}

async function show(hostsView: HostsView, host: string, { name, uuid }: Domain): Promise<void> {
  if (!(await hostsView.revealVm({ host, uuid }))) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} is not on {1} any more.', name, host),
    );
  }
}

function itemsFor(query: string, vms: readonly ArrangedVm[]): readonly Item[] {
  const [problem] = parseQuery(query).problems;
  // The editor would otherwise look for the query itself in what is shown
  const say = (label: string): Item => ({ label, alwaysShow: true });
  if (problem) {
    return [say(`$(error) ${vscode.l10n.t(problem.message, ...problem.args)}`)];
  }
  const found = vms.filter(vmFilter(query).shows);
  if (found.length === 0) {
    const none = vscode.l10n.t('No VM matches.');
    return [say(vms.length === 0 ? vscode.l10n.t('There are no VMs yet.') : none)];
  }
  const items = found.slice(0, mostItems).map((vm): Item => {
    const category = vmCategory(vm.domain, vm.host.status);
    return {
      label: `$(${stateIcon(category)}) ${vm.domain.name}`,
      description: [vm.host.name, categoryName(category, vscode.l10n), vm.addresses[0] ?? '']
        .filter((part) => part !== '')
        .join(' · '),
      alwaysShow: true,
      vm,
    };
  });
  const more = found.length - items.length;
  return more > 0 ? [...items, say(vscode.l10n.t('…and {0} more', more))] : items;
}

/** By name. */
function allVms(inventory: Inventory): readonly ArrangedVm[] {
  return inventory.sessions
    .flatMap((session): ArrangedVm[] => {
      const host = session.snapshot;
      return [...host.domains.values()].map((domain) => ({
        ...{ host, domain, sample: session.sampler.domain(domain.uuid) },
        addresses: session.addresses.of(domain.uuid).map(({ address }) => address),
      }));
    })
    .sort(compareVms('name', { isByName: false }));
}
