import * as vscode from 'vscode';
import type { Clock } from '../../../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../../../base/disposable.ts';
import { messageOf } from '../../../../base/errors.ts';
import type { Log } from '../../../../base/log.ts';
import type { HostSession } from '../../../../inventory/hostSession.ts';
import type { Inventory } from '../../../../inventory/inventory.ts';
import { isActive, type Domain } from '../../../../model/domain.ts';
import { readDomainXml, type DomainDescription } from '../../../../model/domainXml.ts';
import { isReachable } from '../../../../model/host.ts';
import { readDefinition } from '../../../../operations/definition.ts';
import type { HostRegistry } from '../../../hosts/hostRegistry.ts';
import type { HostTreeNode, TreeNode, VmTreeNode } from '../nodes.ts';
import type { VmActivity } from '../vmRow.ts';
import { hostTooltip } from './hostTooltip.ts';
import { vmTooltip } from './vmTooltip.ts';

export interface TooltipSources {
  readonly registry: HostRegistry;
  readonly inventory: Inventory;
  readonly activities: { get(host: string, uuid: string): VmActivity | undefined };
  readonly clock: Clock;
  readonly log: Log;
}

/** A pointer that rests wants an answer: what takes longer is left out. */
const patienceMs = 1_200;

/** The commands that links in tooltips may run; anything else in them is inert. */
const enabledCommands = [
  'vmDeck.vm.openDefinition',
  'vmDeck.vm.openConsole',
  'vmDeck.vm.takeScreenshot',
  'vmDeck.host.connect',
  'vmDeck.host.showHelp',
  'vmDeck.host.openSettings',
  'vmDeck.showLog',
];

/** Makes the tooltips of the Hosts tree when somebody points at a row, reading what the lists do not tell. */
export class Tooltips implements Disposable {
  readonly #sources: TooltipSources;
  readonly #disposables = new DisposableStore();
  /** When each host was seen to enter its status, in milliseconds since the epoch. */
  readonly #statusSince = new Map<string, number>();

  constructor(sources: TooltipSources) {
    this.#sources = sources;
    this.#disposables.add(
      sources.inventory.onDidChange(({ host, changes }) => {
        if (changes.some(({ kind }) => kind === 'status')) {
          this.#statusSince.set(host, sources.clock.now());
        }
      }),
    );
  }

  readonly make = async (node: TreeNode): Promise<vscode.MarkdownString | undefined> => {
    const text =
      node.kind === 'vm'
        ? await this.#ofVm(node)
        : node.kind === 'host'
          ? this.#ofHost(node)
          : undefined;
    if (text === undefined) {
      return undefined;
    }
    const markdown = new vscode.MarkdownString(text);
    markdown.isTrusted = { enabledCommands };
    return markdown;
  };

  dispose(): void {
    this.#disposables.dispose();
  }

  #ofHost(node: HostTreeNode): string | undefined {
    const { registry, clock } = this.#sources;
    const entry = registry.entry(node.host);
    const session = registry.session(node.host);
    return (
      entry &&
      hostTooltip(
        {
          node,
          entry,
          host: session?.snapshot,
          sample: session?.sampler.node,
          route: session?.route,
          statusSince: this.#statusSince.get(node.host),
          now: clock.now(),
        },
        vscode.l10n,
      )
    );
  }

  async #ofVm(node: VmTreeNode): Promise<string | undefined> {
    const { inventory, activities, clock } = this.#sources;
    const session = inventory.session(node.host);
    const domain = session?.domain(node.uuid);
    if (!session || !domain) {
      return undefined;
    }
    const read = await this.#readMore(session, domain);
    return vmTooltip(
      {
        node,
        host: session.snapshot,
        // It may have changed while it was being read
        domain: session.domain(node.uuid) ?? domain,
        sample: session.sampler.domain(node.uuid),
        devices: session.sampler.devices(node.uuid),
        ...read,
        activity: activities.get(node.host, node.uuid),
        now: clock.now(),
      },
      vscode.l10n,
    );
  }

  /** What is read when asked for; nothing of a VM or host that does not answer anyway. */
  async #readMore(
    session: HostSession,
    domain: Domain,
  ): Promise<{ description: DomainDescription | undefined; addresses: readonly string[] }> {
    const { clock, log } = this.#sources;
    const known = session.addresses.of(domain.uuid).map(({ address }) => address);
    if (!isReachable(session.snapshot.status) || domain.notAnsweringSince !== undefined) {
      return { description: undefined, addresses: known };
    }
    const impatience = new AbortController();
    const timer = clock.after(patienceMs, () => {
      impatience.abort();
    });
    const { signal } = impatience;
    const orUndefined = async <T>(read: Promise<T>): Promise<T | undefined> => {
      try {
        return await read;
      } catch (error) {
        log.debug(`[${session.name}] tooltip of ${domain.name}: ${messageOf(error)}`);
        return undefined;
      }
    };
    const which = isActive(domain.state) ? 'live' : 'inactive';
    const [xml, told] = await Promise.all([
      orUndefined(readDefinition(session, domain.uuid, { which, signal })),
      domain.state === 'running'
        ? orUndefined(session.addresses.readAgentAddresses(domain.uuid, signal))
        : undefined,
    ]);
    timer.dispose();
    const addresses = [...known, ...(told ?? []).map(({ address }) => address)];
    return {
      description:
        typeof xml === 'string'
          ? await orUndefined(Promise.resolve().then(() => readDomainXml(xml)))
          : undefined,
      addresses: [...new Set(addresses)].filter((address) => !isLoopback(address)),
    };
  }
}

/** A guest's agent tells of these too. */
function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
